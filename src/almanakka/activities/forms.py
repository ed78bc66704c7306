"""What people fill in about an activity."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.choices import LongChoiceField, LongMultipleChoiceField, LongSelect, Names
from almanakka.accounts.models import User
from almanakka.accounts.zones import zone_names
from almanakka.activities.models import Activity, ActivityType, Project, ShowAs
from almanakka.activities.values import InvalidActivity
from django import forms

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
HOUR = timedelta(hours=1)


class ActivityForm(forms.Form):
    """Everything that people may say of an activity; times are wall times in ``zone``, that of the form's reader.

    ``last`` is the last day, inclusive, as people think of all-day entries.
    """

    name = forms.CharField(label=_("Name"), max_length=10_000, required=False)
    type = LongChoiceField(label=_("Activity type"), queryset=ActivityType.objects.none(), names=("name",))
    project = LongChoiceField(
        label=_("Project"),
        queryset=Project.objects.none(),
        required=False,
        names=("name",),
        empty_label=_("No project"),
    )
    all_day = forms.BooleanField(label=_("All day"), required=False)
    first = forms.DateField(label=_("Starts on"), widget=DAY)
    starts = forms.TimeField(label=_("Time"), widget=CLOCK, required=False)
    last = forms.DateField(label=_("Ends on"), widget=DAY)
    ends = forms.TimeField(label=_("Time"), widget=CLOCK, required=False)
    participants = LongMultipleChoiceField(
        label=_("Participants"), queryset=User.objects.none(), required=False, names=("full_name", "email")
    )
    location = forms.CharField(label=_("Location"), max_length=10_000, required=False)
    notes = forms.CharField(label=_("Notes"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    show_as = forms.ChoiceField(label=_("Show as"), choices=ShowAs.choices, initial=ShowAs.BUSY)
    zone_name = forms.ChoiceField(label=_("Time zone"), required=False, widget=LongSelect)
    is_private = forms.BooleanField(label=_("Private: others see only that I am busy"), required=False)

    #: What the copies of a meeting have in common.
    SHARED = (
        *("name", "all_day", "first", "starts", "last", "ends", "location"),
        *("notes", "show_as", "zone_name", "is_private"),
    )

    def __init__(
        self,
        *args: Any,
        reader: User,
        zone: ZoneInfo,
        locked: bool = False,
        people_locked: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reader, self.zone, self.locked = reader, zone, locked
        self.fields["zone_name"].choices = Names(sorted({*zone_names(), zone.key}))
        self.fields["zone_name"].initial = zone.key
        for name in self.SHARED if locked else ():
            self.fields[name].disabled = True
        self.fields["participants"].disabled = people_locked
        company = reader.company_id
        kinds = Q(is_active=True) | Q(pk=_key(self.initial.get("type")))
        self.fields["type"].queryset = ActivityType.objects.filter(kinds, company_id=company)
        self.fields["project"].queryset = Project.objects.filter(company_id=company)
        people = Q(is_active=True) | Q(pk__in=self.initial.get("participants") or ())
        self.fields["participants"].queryset = User.objects.filter(people, company_id=company).order_by(
            "full_name", "email"
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("first") and given.get("last") and not self._ends_after_start(given):
            self.add_error("last", _("It ends before it starts."))
        if not given.get("all_day"):
            for name in ("starts", "ends"):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Say at what time."))
        return given

    def _ends_after_start(self, given: dict[str, Any]) -> bool:
        start, end = given["first"], given["last"]
        if given.get("all_day") or not given.get("starts") or not given.get("ends"):
            return bool(end >= start)
        return bool((end, given["ends"]) >= (start, given["starts"]))

    def times(self) -> dict[str, Any]:
        """Return the fields of a draft that say when it is; raises InvalidActivity."""
        given = self.cleaned_data
        try:
            if given["all_day"]:
                return {
                    "is_all_day": True,
                    "first_date": given["first"],
                    "end_date": given["last"] + timedelta(days=1),
                    "start": None,
                    "end": None,
                }
            return {
                "is_all_day": False,
                "start": datetime.combine(given["first"], given["starts"], self.zone_chosen()),
                "end": datetime.combine(given["last"], given["ends"], self.zone_chosen()),
                "first_date": None,
                "end_date": None,
            }
        except OverflowError as error:
            raise InvalidActivity(str(_("One of its times lies outside the calendar.")), "time-out-of-range") from error

    def zone_chosen(self) -> ZoneInfo:
        """Return the zone whose clocks the times are by."""
        return ZoneInfo(self.cleaned_data.get("zone_name") or self.zone.key)

    def own(self) -> dict[str, Any]:
        """Return the fields of a draft that are the company's own in somebody else's meeting."""
        rest = self.rest()
        return {"type_id": rest["type_id"], "project_id": rest["project_id"]}

    def texts(self) -> dict[str, Any]:
        """Return the fields of a draft that an occurrence may have of its own."""
        return {name: self.cleaned_data[name] for name in ("name", "location", "notes", "show_as")}

    def rest(self) -> dict[str, Any]:
        """Return the fields of a draft that belong to the whole activity."""
        given = self.cleaned_data
        return {
            "type_id": given["type"].pk,
            "project_id": None if given["project"] is None else given["project"].pk,
            "is_private": given["is_private"],
        }

    def people(self) -> list[UUID]:
        return [person.pk for person in self.cleaned_data["participants"]]


def _key(chosen: ActivityType | UUID | None) -> UUID | None:
    return chosen.pk if isinstance(chosen, ActivityType) else chosen


def initial(activity: Activity, zone: Any) -> dict[str, Any]:
    """Return what a form shows of an activity."""
    return {
        "name": activity.name,
        "type": activity.type_id,
        "project": activity.project_id,
        "participants": [each.user_id for each in activity.participants.all()],
        "location": activity.location,
        "notes": activity.notes,
        "show_as": activity.show_as,
        "is_private": activity.is_private,
        **when(activity.is_all_day, activity.start, activity.end, activity.first_date, activity.end_date, zone),
    }


def when(
    all_day: bool, start: datetime | None, end: datetime | None, first: date | None, end_date: date | None, zone: Any
) -> dict[str, Any]:
    """Return what a form shows of times."""
    if all_day and first is not None and end_date is not None:
        return {"all_day": True, "first": first, "last": end_date - timedelta(days=1)}
    assert start is not None
    assert end is not None
    start, end = start.astimezone(zone), end.astimezone(zone)
    return {
        "all_day": False,
        "first": start.date(),
        "starts": start.time(),
        "last": end.date(),
        "ends": end.time(),
    }


def suggested(now: datetime, day: date | None = None) -> dict[str, Any]:
    """Return what an empty form shows: the next full hour, or nine o'clock of another day.

    ``now`` is in the reader's zone.
    """
    start = now.replace(minute=0, second=0, microsecond=0) + HOUR
    if day is not None and day != now.date():
        start = datetime.combine(day, time(9), now.tzinfo)
    return when(False, start, start + HOUR, None, None, now.tzinfo)
