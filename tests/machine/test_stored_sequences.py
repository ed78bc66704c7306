"""Every sequence that once ended badly ends well now; some ended badly because of a fault that was planted."""

from __future__ import annotations

import pytest

from .memory import MemoryCompany
from .sequences import names, problems_of, stored


@pytest.mark.parametrize("name", names())
def test_a_stored_sequence_ends_well(name: str) -> None:
    assert problems_of(MemoryCompany, stored(name)) == []
