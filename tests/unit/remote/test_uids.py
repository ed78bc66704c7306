"""Meeting uids: the clean one, and the date of an orphaned occurrence (facts: correctness §7)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanakka.remote.uids import clean

CLASS_ID = "040000008200E00074C5B7101A82E008"
REST = "90F1D5A6C7B8DA01000000000000000010000000"


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        (f"{CLASS_ID}00000000{REST}", (f"{CLASS_ID}00000000{REST}", None)),
        (f"{CLASS_ID}07EA0A0C{REST}", (f"{CLASS_ID}00000000{REST}", date(2026, 10, 12))),
        (f"{CLASS_ID}07ea0a0c{REST}".lower(), (f"{CLASS_ID}00000000{REST}", date(2026, 10, 12))),
        (f"{CLASS_ID}07EA0D0C{REST}", (f"{CLASS_ID}07EA0D0C{REST}", None)),  # a thirteenth month is no date
        (f"{CLASS_ID}07EA021E{REST}", (f"{CLASS_ID}07EA021E{REST}", None)),  # nor is 30 February
        (CLASS_ID, (CLASS_ID, None)),
        (f"{CLASS_ID}07EA0A0C{REST}@contoso", (f"{CLASS_ID}07EA0A0C{REST}@contoso", None)),
        ("20261012T090000Z-1234@example.test", ("20261012T090000Z-1234@example.test", None)),
        ("", ("", None)),
    ],
)
def test_the_clean_uid_and_the_date(uid: str, expected: tuple[str, date | None]) -> None:
    assert clean(uid) == expected


@given(st.dates())
def test_every_occurrence_of_a_series_has_the_uid_of_the_series(day: date) -> None:
    dated = f"{CLASS_ID}{day.year:04X}{day.month:02X}{day.day:02X}{REST}"
    assert clean(dated) == (clean(f"{CLASS_ID}00000000{REST}")[0], day)
    assert clean(clean(dated)[0]) == (clean(dated)[0], None)
