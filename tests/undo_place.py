"""One person's mailbox and activities over a calendar in memory, in which lines of the journal are undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, undos, wiring
from almanakka.calendars.models import JournalEntry, Mailbox, Run, Undo
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Event, Group, Series, Timed
from almanakka.sync.fields import canonical, value
from almanakka.sync.recurrence import Kind, Recurrence

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ZONE = "Europe/Helsinki"


def entry(title: str, day: int = 0, **fields: Any) -> Entry:
    start = NOW + timedelta(days=1 + day)
    return Entry(title, Timed(start, start + timedelta(hours=1), ZONE), **fields)


class Place:
    """Aino's mailbox and activities; time passes between runs."""

    def __init__(self, user: User, box: Mailbox, type_: ActivityType, calendar: MemoryCalendar) -> None:
        self.user, self.box, self.type, self.calendar = user, box, type_, calendar
        self.now = NOW

    def make(self, title: str, day: int = 0, **fields: Any) -> Activity:
        start = NOW + timedelta(days=1 + day)
        usual = {"type_id": self.type.pk, "owner_id": self.user.pk, "time_zone": ZONE}
        times = {"start": start, "end": start + timedelta(hours=1)}
        draft = Draft(name=title, **{**usual, **times, **fields})
        with clock.stopped_at(self.now):
            return changes.create(self.user.company_id, draft, Origin(edited_at=self.now, by=self.user.pk))

    def edit(self, activity: Activity, **fields: Any) -> None:
        with clock.stopped_at(self.now):
            changes.change(activity.pk, None, fields, Origin(edited_at=self.now, by=self.user.pk))

    def run(self) -> Run:
        self.now += timedelta(minutes=15)
        with clock.stopped_at(self.now):
            row = wiring.run_mailbox(self.box.pk)
        assert row is not None
        assert row.error_code != "internal", row.error_detail
        return row

    def settles(self) -> None:
        """Nothing is written any more, even when everything is read."""
        Mailbox.objects.update(full_wanted=True, not_before=None)
        rows = [self.run() for _ in range(3)]
        Mailbox.objects.update(full_wanted=True)
        rows.append(self.run())
        assert [(row.error_code, row.finished) for row in rows] == [("", True)] * 4
        assert [row.written for row in rows[-2:]] == [0, 0], rows[-1].counts

    def undo(self, line: JournalEntry) -> JournalEntry:
        with clock.stopped_at(self.now):
            assert undos.ask(self.user, line.pk) is not None
        self.run()
        line.refresh_from_db()
        return line

    def undo_run(self, row: Run) -> None:
        with clock.stopped_at(self.now):
            assert undos.ask_run(self.user, row.pk) is not None
        self.run()
        assert not Undo.objects.filter(ended_at__isnull=True).exists()
        assert not Mailbox.objects.get(pk=self.box.pk).undo_wanted

    def line(self, action: str, side: str) -> JournalEntry:
        return JournalEntry.objects.get(action=action, side=side)

    def here(self) -> list[Any]:
        found = Activity.objects.order_by("name", "start")
        return [
            (each.name, each.start, each.end, each.location, each.notes, each.is_private, each.recurrence)
            for each in found
        ]

    def there(self) -> list[Entry]:
        found = [canonical(event.entry) for event in self.calendar.entries().values() if isinstance(event, Event)]
        return sorted(found, key=lambda each: (each.title, str(each.when)))

    def state(self) -> tuple[list[Any], list[Any]]:
        """Both sides in canonical form, by which zones of other names are the same."""
        return self.here(), [tuple(value(each, group) for group in Group) for each in self.there()]


def series(title: str) -> Entry:
    pattern = Recurrence(Kind.WEEKLY, date(2026, 1, 7), days=frozenset({2}))
    return Entry(title, Series(pattern, time(9), timedelta(hours=1), ZONE))
