"""A recurrence in words for people: "every second Tuesday until 18 December"."""

from __future__ import annotations

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from almanakka.sync.recurrence import EVERY_DAY, WEEKEND, Index, Kind, Recurrence
from almanakka.sync.recurrence import WEEKDAYS as WORKDAYS


def sentence(rule: Recurrence) -> str:
    """Return the rule in the reader's language, without a full stop."""
    return " ".join(part for part in (_pattern(rule), _end(rule)) if part)


def whole_sentence(rule: Recurrence) -> str:
    """Return the rule as a sentence of its own: "Every second Tuesday until 18.12."."""
    said = sentence(rule)
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}"


def _pattern(rule: Recurrence) -> str:
    n = rule.interval
    match rule.kind:
        case Kind.DAILY:
            return ngettext("every day", "every %(n)d days", n) % {"n": n}
        case Kind.WEEKLY if n <= 2 and len(rule.days) == 1:
            day = str(WEEKDAYS[min(rule.days)])
            said = _("every %(day)s") if n == 1 else _("every second %(day)s")
            return said % {"day": day}
        case Kind.WEEKLY:
            weeks = ngettext("every week", "every %(n)d weeks", n) % {"n": n}
            return _("%(weeks)s on %(days)s") % {"weeks": weeks, "days": days(rule.days)}
        case Kind.ABSOLUTE_MONTHLY:
            months = ngettext("every month", "every %(n)d months", n) % {"n": n}
            return _("%(months)s on day %(day)d") % {"months": months, "day": rule.day}
        case Kind.RELATIVE_MONTHLY:
            months = ngettext("every month", "every %(n)d months", n) % {"n": n}
            return _("%(months)s on %(which)s") % {"months": months, "which": _which(rule)}
        case Kind.ABSOLUTE_YEARLY:
            years = ngettext("every year", "every %(n)d years", n) % {"n": n}
            month = MONTHS[rule.month or 1]
            return _("%(years)s on %(month)s %(day)d") % {"years": years, "month": month, "day": rule.day}
        case Kind.RELATIVE_YEARLY:
            years = ngettext("every year", "every %(n)d years", n) % {"n": n}
            month = MONTHS[rule.month or 1]
            return _("%(years)s on %(which)s of %(month)s") % {"years": years, "which": _which(rule), "month": month}


def days(chosen: frozenset[int]) -> str:
    """Return days of the week in words; well-known groups by their name."""
    if chosen == EVERY_DAY:
        return _("every day of the week")
    if chosen == WORKDAYS:
        return _("weekdays")
    if chosen == WEEKEND:
        return _("weekend days")
    names = [str(WEEKDAYS[day]) for day in sorted(chosen)]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _which(rule: Recurrence) -> str:
    day = _one_day(rule.days)
    match rule.index:
        case Index.FIRST:
            return _("the first %(day)s") % {"day": day}
        case Index.SECOND:
            return _("the second %(day)s") % {"day": day}
        case Index.THIRD:
            return _("the third %(day)s") % {"day": day}
        case Index.FOURTH:
            return _("the fourth %(day)s") % {"day": day}
        case _other:
            return _("the last %(day)s") % {"day": day}


def _one_day(chosen: frozenset[int]) -> str:
    if chosen == EVERY_DAY:
        return pgettext("the first day of the month", "day")
    if chosen == WORKDAYS:
        return _("weekday")
    if chosen == WEEKEND:
        return _("weekend day")
    return str(WEEKDAYS[min(chosen)]) if chosen else ""


def _end(rule: Recurrence) -> str:
    if rule.until is not None:
        return _("until %(date)s") % {"date": date_format(rule.until, "SHORT_DATE_FORMAT")}
    if rule.count is not None:
        return ngettext("(%(n)d time in all)", "(%(n)d times in all)", rule.count) % {"n": rule.count}
    return ""
