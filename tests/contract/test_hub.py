"""The activities and the ledger in memory keep the contracts that the engine's tests rely on."""

from __future__ import annotations

import pytest

from .activities_contract import ActivitiesContract
from .company import Company
from .hub_company import HubCompany
from .ledger_contract import LedgerContract


@pytest.fixture
def hub() -> Company:
    return HubCompany()


class TestHubActivities(ActivitiesContract):
    @pytest.fixture
    def company(self, hub: Company) -> Company:
        return hub


class TestHubLedger(LedgerContract):
    @pytest.fixture
    def company(self, hub: Company) -> Company:
        return hub
