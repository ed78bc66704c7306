"""The Graph spoke keeps the contract, over HTTPS against a simulated Microsoft 365."""

from __future__ import annotations

import pytest

from .calendar_contract import CalendarContract
from .graph_outlook import GraphOutlook
from .outlook import Outlook


class TestGraph(CalendarContract):
    @pytest.fixture
    def outlook(self, graph: GraphOutlook) -> Outlook:
        return graph
