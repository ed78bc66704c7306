"""Why one entry is left out, as a phrase in the reader's language (B8, B11)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

_ = gettext_noop

#: By code. The engine and the spokes tell most of them by the English phrase itself, refusals by code.
PHRASES: Mapping[str, str] = {
    # what Microsoft sent
    "no-sense": _("it came in a form that makes no sense"),
    "withheld": _("Microsoft does not give it out"),
    "no-version": _("it has no version"),
    "occurrence": _("it is one occurrence of a series"),
    "unclear-series": _("it does not say clearly whether it repeats"),
    "no-times": _("it has no start or no end"),
    "bad-time": _("one of its times is no time"),
    "bad-date": _("one of its dates is no date"),
    "date-out-of-range": _("its date is outside the years that calendars hold"),
    "ends-before-start": _("it ends before it starts"),
    "unknown-zone": _("its time zone is not known here"),
    # how it repeats
    "unknown-pattern": _("it repeats in a way that is not known here"),
    "unknown-range": _("it ends in a way that is not known here"),
    "unreadable-rule": _("its rule cannot be read"),
    "unknown-field": _("its rule has a part that nobody knows"),
    "off-pattern": _("its first occurrence is not on its pattern"),
    "stray-exception": _("one of its changed occurrences is not on its pattern"),
    "missing-exception": _("one of its changed occurrences cannot be read"),
    "no-occurrence": _("it has no occurrence"),
    "count-and-until": _("it has both a number of occurrences and an end date"),
    "start-too-early": _("it starts before the year 1601"),
    "end-too-late": _("it ends after 1 September 4500"),
    "interval-too-long": _("it repeats at longer intervals than Exchange allows"),
    "bad-interval": _("the interval is not a positive whole number"),
    "bad-count": _("the number of occurrences is not positive"),
    "no-end": _("it does not say when it ends"),
    "no-days": _("it names no day of the week"),
    "bad-days": _("it names a day of the week that does not exist"),
    "bad-first-day": _("its week begins on a day that does not exist"),
    "bad-index": _("it does not say which of the month's days it means"),
    "bad-day": _("the day of the month is not between 1 and 31"),
    "bad-number": _("one of its numbers is no number"),
    "bad-month": _("the month is not between 1 and 12"),
    # what either side refused
    "time-out-of-range": _("one of its times lies outside the calendar"),
    "naive-time": _("one of its times lacks its time zone"),
    "no-dates": _("it lacks its first or its last day"),
    "unknown-show-as": _("it cannot be shown like this"),
    "unknown-response": _("an answer to its invitation is unknown"),
    "occurrences-without-series": _("it has occurrences but does not repeat"),
    "meeting-locked": _("it is a meeting that can only be changed in Outlook"),
    "foreign-type": _("its activity type is not the company's"),
    "foreign-project": _("its project is not the company's"),
    "foreign-person": _("one of its people is not of the company"),
    "occurrence-crosses-neighbour": _("one of its occurrences passes the one before or after it"),
    "occurrence-not-restored": _("one of its cancelled occurrences cannot be brought back"),
    "zone-not-known-there": _("its time zone is not known to Exchange"),
    "week-start-not-held": _("its weeks do not begin on Sunday, as they must on Exchange 2007"),
    "days-not-held": _("it repeats on a choice of days that Exchange does not have"),
    "errorquotaexceeded": _("there is no room for it in the mailbox"),
    "not-a-calendar-entry": _("it is no calendar entry"),
    "created-then-gone": _("it was made and deleted again before it could be read"),
    "unreadable": _("Microsoft has made something of it that cannot be represented here"),
    "not-kept": _("Microsoft did not keep the change"),
    "refused": _("Microsoft does not accept it as it is"),
}

_ENGLISH = frozenset(PHRASES.values())


def phrase(detail: str) -> str:
    """Return what to tell of a hold's detail, a code or one of the phrases above; else the refusal in general."""
    return gettext(detail if detail in _ENGLISH else PHRASES.get(detail, PHRASES["refused"]))
