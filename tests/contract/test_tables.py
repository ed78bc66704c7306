"""The activities and the ledger in the database keep the contracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .activities_contract import ActivitiesContract
from .company import Company
from .ledger_contract import LedgerContract
from .table_company import TableCompany


@pytest.fixture
def tables(db: None) -> Iterator[Company]:
    with TableCompany() as company:
        yield company


class TestTableActivities(ActivitiesContract):
    @pytest.fixture
    def company(self, tables: Company) -> Company:
        return tables


class TestTableLedger(LedgerContract):
    @pytest.fixture
    def company(self, tables: Company) -> Company:
        return tables
