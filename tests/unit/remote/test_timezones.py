"""Microsoft's zone names and IANA's: neither may change what a series means (facts: correctness §3)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from tzlocal.windows_tz import win_tz

from almanakka.remote.timezones import iana, microsoft, moment
from almanakka.sync.zones import known, same_behaviour


def test_every_windows_zone_is_known() -> None:
    assert [name for name in win_tz if not known(iana(name) or "")] == []
    assert [name for name in win_tz if iana(name.lower()) != iana(name)] == []


def test_sending_a_zone_and_reading_it_back_keeps_its_times() -> None:
    zones = [zone for zone in available_timezones() if known(zone)]
    assert [zone for zone in zones if iana(microsoft(zone), zone) != zone] == []


def test_a_zone_whose_windows_name_means_something_else_is_sent_as_it_is() -> None:
    changed = [zone for zone in available_timezones() if known(zone) and microsoft(zone) == zone != "UTC"]
    assert "Antarctica/Vostok" in changed
    assert microsoft("Europe/Helsinki") == "FLE Standard Time"
    assert microsoft("UTC") == "UTC"


def test_the_preferred_name_wins_only_where_it_means_the_same() -> None:
    assert iana("FLE Standard Time", "Europe/Helsinki") == "Europe/Helsinki"
    assert iana("FLE Standard Time", "Europe/Berlin") == iana("FLE Standard Time")
    assert iana("Europe/Helsinki", "Europe/Kiev") == "Europe/Helsinki"
    assert same_behaviour(iana("FLE Standard Time") or "", "Europe/Helsinki")


@pytest.mark.parametrize(
    "name",
    [None, "", " ", "tzone://Microsoft/Custom", "Customized Time Zone", "../../etc/passwd", "\ud800", "x" * 9999],
)
def test_other_names_are_nobodys(name: str | None) -> None:
    assert iana(name, "Europe/Helsinki") is None


@pytest.mark.parametrize("name", ["UTC", "utc", "tzone://Microsoft/Utc", "GMT", "Z"])
def test_the_many_names_of_utc(name: str) -> None:
    assert iana(name) == "UTC"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-10-06T09:00:00.0000000", "UTC"),
        ("2026-10-06T09:00:00.0000000", None),
        ("2026-10-06T09:00:00Z", "Europe/Helsinki"),
        ("2026-10-06T12:00:00.0000000", "Europe/Helsinki"),
        ("2026-10-06T05:00:00-04:00", None),
        ("2026-10-06T09:00:00", "No/Such"),
    ],
)
def test_moments(text: str, zone: str | None) -> None:
    assert moment(text, zone) == datetime(2026, 10, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "x", "2026-13-01T00:00:00", "12026-01-01T00:00:00"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text, None)


def test_the_ends_of_the_calendar_overflow() -> None:
    with pytest.raises(OverflowError):
        moment("0001-01-01T00:00:00+14:00", None)
