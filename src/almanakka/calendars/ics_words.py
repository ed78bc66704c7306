"""Why an entry of a file cannot come in, as a phrase in the reader's language (B8)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from almanakka.calendars import reasons

PHRASES: Mapping[str, Promise] = {
    # what the file holds
    "to-do": _("it is a to-do and no calendar entry"),
    "journal": _("it is a journal entry and no calendar entry"),
    "free-busy": _("it only says when somebody is busy"),
    "superseded": _("the file holds a newer version of it"),
    "cancelled": _("it is cancelled"),
    "no-start": _("it has no start"),
    "bad-date": _("one of its dates does not exist or cannot be read"),
    "bad-duration": _("how long it lasts cannot be read"),
    "out-of-range": _("it lies before the year 1601 or after 4500"),
    "too-long": _("it lasts over five years"),
    "text-too-long": _("its title or its location is longer than 10,000 characters"),
    "bad-extra-date": _("a date besides its rule cannot be read; everything else of it comes in"),
    "bad-except-date": _("a date on which it does not take place cannot be read; it comes in with that day"),
    "bad-recurrence-id": _("which occurrence it changes cannot be read; it comes in as an entry by itself"),
    "this-and-future": _("it changes an occurrence and all that follow, which Exchange cannot hold in one series"),
    # how it repeats
    "several-rules": _("it has more than one rule, or dates and no rule, and too many to be single entries"),
    "except-rule": _("it has a rule for the dates it leaves out"),
    "extra-dates": _("it has over 60 dates besides its rule"),
    "overlap": _("its occurrences overlap"),
    "other-calendar": _("it is counted in another calendar than the Gregorian"),
    "broken-rule": _("its rule cannot be read"),
    "no-frequency": _("its rule does not say how often it repeats"),
    "unknown-part": _("its rule has a part that nobody knows"),
    "sub-daily": _("it repeats more often than once a day"),
    "several-a-day": _("it happens several times a day"),
    "several-a-month": _("it repeats on several days of one month"),
    "other-time": _("its rule names another time than its start"),
    "by-month": _("it repeats in certain months only"),
    "no-month": _("it names a day of the month but no month"),
    "by-month-day": _("it counts days or weeks but keeps to certain days of the month"),
    "by-set-pos": _("it picks some of the days that match"),
    "by-week-number": _("it counts the weeks of the year"),
    "by-year-day": _("it counts the days of the year"),
    "daily-by-day": _("it counts days but keeps to certain days of the week"),
    "nth-weekday": _("it numbers days of the week in a way that Exchange cannot hold"),
    "day-and-date": _("it combines days of the week with days of the month"),
    "from-month-end": _("it counts days back from the end of the month"),
    "skip-forward": _("it moves into the next month where a month is too short"),
    "skip-semantics": _("it skips months that are too short, where Exchange takes their last day"),
    "start-outside-rule": _("its first date is outside its rule"),
}


def phrase(code: str) -> str:
    """Return why an entry is left out, by the code of whoever refused it."""
    found = PHRASES.get(code)
    if found is not None:
        return str(found)
    known = reasons.PHRASES.get(code)
    return gettext("it cannot be held in a calendar as it is") if known is None else gettext(known)
