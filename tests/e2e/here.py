"""What the people of a company do with us, at random."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.queries import load
from almanakka.activities.values import Draft, OccurrenceDraft, Origin
from almanakka.calendars import drafts, records
from almanakka.calendars.models import Pair
from almanakka.sync.entry import Entry, Group, Series
from almanakka.sync.fields import canonical

from . import sketches
from .company import Company, token_of


class Here(Company):
    """Every method is one deed of somebody's; meetings are not edited with us (B1)."""

    def _origin(self, by: User) -> Origin:
        return Origin(edited_at=self.now, by=by.pk)

    def new_here(self) -> None:
        token, owner = self.token(), self.random.choice(self.people).user
        entry = sketches.entry(self.random, token)
        if isinstance(entry.when, Series) and self.random.random() < 0.5:
            days = sketches.some_days(self.random, entry.when.recurrence)[:3]
            entry = replace(entry, exceptions={day: sketches.override(self.random, entry.when, day) for day in days})
        people = [each.user.pk for each in self.random.sample(self.people, self.random.choice((0, 1, 1, 2, 3)))]
        fields = drafts.fields(replace(entry, who=None), Group, sketches.HOME) | {"participants": people}
        draft = Draft(type_id=self._type().pk, owner_id=owner.pk, **fields)
        self.known.born_here[token] = changes.create(self.company.pk, draft, self._origin(owner)).pk
        self.say(f"{token} of {owner} {type(entry.when).__name__}")

    def _type(self) -> ActivityType:
        usual = self.types["Meeting"]
        return self.random.choice([usual] * 6 + [each for each in self.types.values() if each.name != "Task"])

    def _activity(self) -> Activity | None:
        meetings = Pair.objects.filter(mailbox__user__company=self.company, real=True, activity__isnull=False)
        own = Activity.objects.filter(company=self.company).exclude(pk__in=meetings.values("activity"))
        ids = list(own.order_by("created_at", "pk").values_list("pk", flat=True))
        if not ids:
            return None
        (activity,) = load([self.random.choice(sorted(ids, key=self._age))])
        self.say(token_of(activity.notes))
        return activity

    def _age(self, id: UUID) -> str:
        return Activity.objects.get(pk=id).notes

    def _entry(self, activity: Activity) -> Entry:
        return records.entry(activity, ActivityType.objects.get(pk=activity.type_id))

    def _change(self, activity: Activity, **fields: object) -> None:
        with suppress(changes.StaleVersion, changes.ActivityGone):
            changes.change(activity.pk, None, fields, self._origin(self.random.choice(self.people).user))

    def edit_here(self) -> None:
        activity = self._activity()
        if activity is None:
            return
        token, random = token_of(activity.notes), self.random
        entry = self._entry(activity)
        kind = random.choice(("title", "where", "notes", "when", "when", "privacy", "show_as", "several"))
        self.say(kind)
        if kind in ("title", "several"):
            self._change(activity, name=sketches.title(random, token))
        if kind in ("where", "several"):
            self._change(activity, location=sketches.place(random))
        if kind in ("notes", "several"):
            self._change(activity, notes=sketches.notes(random, token))
        if kind == "privacy":
            self._change(activity, is_private=not activity.is_private)
        if kind == "show_as":
            self._change(activity, show_as=random.choice(("free", "busy", "tentative", "oof")))
        if kind == "when":
            again = canonical(replace(entry, when=sketches.when(random)))
            self._change(activity, **drafts.fields(again, (Group.WHEN, Group.OCCURRENCES), sketches.HOME))

    def occurrence_here(self) -> None:
        series = Activity.objects.filter(company=self.company, recurrence__isnull=False).exists()
        activity = self._activity() if series else None
        if activity is None or activity.recurrence is None:
            return
        when = self._entry(activity).when
        assert isinstance(when, Series)
        held = {row.original_date for row in activity.occurrences.all()}
        days = sketches.some_days(self.random, when.recurrence) + sorted(held)
        day = self.random.choice(days)
        wanted: OccurrenceDraft | None = None
        if day not in held or self.random.random() < 0.5:
            override = sketches.override(self.random, when, day)
            entry = Entry("", when, exceptions={day: override})
            wanted = drafts.occurrences(entry).get(day)
        self.say(f"{day} {wanted and (wanted.cancelled or wanted.name or wanted.start or wanted.first_date)}")
        changes.set_occurrence(activity.pk, None, day, wanted, self._origin(self.people[0].user))

    def people_here(self) -> None:
        activity = self._activity()
        if activity is not None and activity.owner_id is not None:
            who = self.random.sample(self.people, self.random.randrange(4))
            self._change(activity, participants=[each.user.pk for each in who])

    def type_here(self) -> None:
        activity = self._activity()
        if activity is not None:
            chosen = self.random.choice([*self.types.values(), self.types["Meeting"], self.types["Meeting"]])
            self.say(chosen)
            self._change(activity, type_id=chosen.pk)

    def delete_here(self) -> None:
        activity = self._activity()
        if activity is not None:
            self.known.deleted.add(token_of(activity.notes))
            with suppress(changes.ActivityGone):
                changes.remove(activity.pk, None, self._origin(self.people[0].user))
