"""How an activity repeats, as people fill it in: any of the six patterns that Exchange can hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from almanakka.activities import patterns
from almanakka.sync.recurrence import RELATIVE, YEARLY, Index, Kind, Recurrence, Unrepresentable
from django import forms

NEVER = ""
KINDS = (
    (NEVER, _("Does not repeat")),
    (Kind.DAILY.value, _("Daily, or every so many days")),
    (Kind.WEEKLY.value, _("On days of the week")),
    (Kind.ABSOLUTE_MONTHLY.value, _("Monthly, on the same date")),
    (Kind.RELATIVE_MONTHLY.value, _("Monthly, on a weekday")),
    (Kind.ABSOLUTE_YEARLY.value, _("Yearly, on the same date")),
    (Kind.RELATIVE_YEARLY.value, _("Yearly, on a weekday")),
)
INDEXES = (
    (Index.FIRST.value, _("first")),
    (Index.SECOND.value, _("second")),
    (Index.THIRD.value, _("third")),
    (Index.FOURTH.value, _("fourth")),
    (Index.LAST.value, _("last")),
)
ENDS = (("never", _("Never")), ("until", _("On a date")), ("count", _("After a number of times")))


class RuleForm(forms.Form):
    """Starts with the first day of its activity, which :meth:`recurrence` is told."""

    kind = forms.ChoiceField(label=_("Repeats"), choices=KINDS, required=False)
    interval = forms.IntegerField(label=_("Every"), min_value=1, max_value=999, initial=1, required=False)
    days = forms.TypedMultipleChoiceField(
        label=pgettext_lazy("days of the week", "On"),
        choices=tuple(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    index = forms.TypedChoiceField(label=_("Which one"), choices=INDEXES, coerce=int, required=False)
    ends = forms.ChoiceField(label=_("Ends"), choices=ENDS, initial="never", required=False)
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    count = forms.IntegerField(label=_("Times"), min_value=1, max_value=999, required=False)

    def recurrence(self, first: date) -> Recurrence | None:
        """Return the rule of an activity that begins on ``first``; raises Unrepresentable."""
        return shown(self.cleaned_data, first)


def initial(rule: Recurrence | None) -> dict[str, Any]:
    """Return what a form shows of a rule."""
    if rule is None:
        return {"kind": NEVER, "interval": 1, "ends": "never"}
    return {
        "kind": rule.kind.value,
        "interval": rule.interval,
        "days": sorted(rule.days),
        "index": None if rule.index is None else rule.index.value,
        "ends": "until" if rule.until else "count" if rule.count else "never",
        "until": rule.until,
        "count": rule.count,
    }


def shown(given: Mapping[str, Any], first: date) -> Recurrence | None:
    """Return the rule that a form's values say, of an activity that begins on ``first``; raises Unrepresentable."""
    if given["kind"] == NEVER:
        return None
    kind, ends = Kind(given["kind"]), given["ends"] or "never"
    days = frozenset(given.get("days") or ())
    if kind in RELATIVE or kind is Kind.WEEKLY:
        days = days or frozenset((first.weekday(),))
    if (ends == "until" and given.get("until") is None) or (ends == "count" and given.get("count") is None):
        raise Unrepresentable("it does not say when it ends", "no-end")
    rule = Recurrence(
        kind,
        first,
        given["interval"] or 1,
        days=days if kind in RELATIVE or kind is Kind.WEEKLY else frozenset(),
        index=Index(int(given.get("index") or 1)) if kind in RELATIVE else None,
        day=first.day if kind in (Kind.ABSOLUTE_MONTHLY, Kind.ABSOLUTE_YEARLY) else None,
        month=first.month if kind in YEARLY else None,
        count=given["count"] if ends == "count" else None,
        until=given["until"] if ends == "until" else None,
    )
    return patterns.load(patterns.canonical(rule))
