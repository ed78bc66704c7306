"""Short dates are Django's own, in every language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from almanakka.accounts import short_dates

LANGUAGES = ("en", "fi", "sv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_what_django_writes_and_it_is_not_asked(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short_dates._writer.cache_clear()
    monkeypatch.delattr(short_dates, "date_format")
    zone, first = ZoneInfo("Europe/Helsinki"), datetime(2025, 12, 30, 21, 5, tzinfo=UTC)
    with override(language):
        day, moment = short_dates.of("SHORT_DATE_FORMAT"), short_dates.of("SHORT_DATETIME_FORMAT")
        for number in range(0, 800, 3):
            at = first.astimezone(zone) + timedelta(days=number, minutes=37 * number)
            assert moment(at) == date_format(at, "SHORT_DATETIME_FORMAT")
            assert day(at) == day(at.date()) == date_format(at.date(), "SHORT_DATE_FORMAT")
        early = date(1, 2, 3)
        assert day(early) == date_format(early, "SHORT_DATE_FORMAT")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", ["l j. E Y", r"j \d\e Y", "{0} Y", "WEEKDAY_DATE_FORMAT"])
def test_a_format_that_is_not_known_is_left_to_django(style: str, language: str) -> None:
    day = date(2026, 3, 5)
    with override(language):
        assert short_dates.of(style)(day) == date_format(day, style)
