"""A company over the database, the Graph spoke and a simulated Microsoft 365, whose clock only moves when told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.values import Draft, OccurrenceDraft, Origin
from almanakka.calendars import clock, wiring
from almanakka.calendars.models import ActivityHint, Cloud, Connection, Hold, Mailbox, Proof, Run
from almanakka.calendars.sentences import SENTENCES
from almanakka.demo import stores
from almanakka.demo.compare import Sight, Window, sights
from almanakka.remote.graph import tokens
from almanakka.sync.entry import Entry, Series, Timed
from almanakka.sync.recurrence import Kind, Recurrence
from contract.graph_outlook import as_graph
from exchange_simulator import Person, RunningSimulator
from exchange_simulator import User as Holder

START = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
HOME = "Europe/Helsinki"
SECRET = "s3cret"
NOON = datetime(2026, 10, 6, 9, 0, tzinfo=UTC)
NAMES = ("anna", "ben", "cecilia")
#: More requests than this in one run of these small mailboxes is hammering.
MANY = 60


def single(title: str = "Lunch", *, days: int = 0, **fields: Any) -> Entry:
    """Return an hour at noon of 6 October, or so many days later."""
    start = NOON + timedelta(days=days)
    return Entry(title, Timed(start, start + timedelta(hours=1), HOME), **fields)


def weekly(title: str = "Team", **fields: Any) -> Entry:
    """Return a series on Mondays at nine in Helsinki, from 5 October on, without end."""
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
    return Entry(title, Series(pattern, time(9), timedelta(hours=1), HOME), **fields)


@dataclass(slots=True)
class Somebody:
    """One person on both sides, with us and in Outlook."""

    user: User
    outlook: Person
    box: Mailbox

    def put(self, entry: Entry, **fields: Any) -> str:
        return self.outlook.create_event(as_graph(entry) | fields)

    def events(self) -> list[dict[str, Any]]:
        return list(self.outlook.dump()["events"])

    def titles(self) -> list[str]:
        return sorted(event["subject"] for event in self.events())


class Office:
    """The company; its calendars are read raw from both stores, and never judged by the engine's own code."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.now = START
        with simulator.world.lock:
            simulator.world.__init__()  # type: ignore[misc]
        simulator.world.clock.set(START)
        self.sign_ins_are_forgotten()
        self.tenant = simulator.world.add_tenant("contoso.test", "Contoso")
        self.app = simulator.world.add_app(secret=SECRET)
        self.tenant.consent(self.app)
        self.company = Company.objects.create(name="Contoso", language="en")
        self.meeting = self._type("Meeting", Category.CALENDAR_ENTRY, is_default=True)
        self.personal = self._type("Personal", Category.PERSONAL)
        self.connection = self._connection()
        self.anna, self.ben, self.cecilia = (self._moves_in(name) for name in NAMES)
        self.people: list[Somebody] = []
        self.join(self.anna)

    def _type(self, name: str, category: Category, **fields: Any) -> ActivityType:
        return ActivityType.objects.create(
            company=self.company, name=name, category=category, synchronised=True, **fields
        )

    def _connection(self) -> Connection:
        return Connection.objects.create(
            company=self.company,
            cloud=Cloud.OTHER,
            authority_url=self.simulator.base_url,
            graph_url=self.simulator.base_url,
            ca_bundle=self.simulator.ca_file or "",
            tenant_id=self.tenant.id,
            client_id=self.app.client_id,
            client_secret=SECRET,
            enabled=True,
            enabled_at=self.now,
            personal_type=self.personal,
        )

    def _remote_id(self, there: Holder) -> str:
        """By what the mailbox of somebody there is known."""
        return there.id

    def _moves_in(self, name: str) -> Somebody:
        address = f"{name}@contoso.test"
        there = self.tenant.add_user(address, name.title())
        user = User.objects.create_user(address, company=self.company, full_name=name.title())
        box = Mailbox.objects.create(
            user=user,
            connection=self.connection,
            remote_id=self._remote_id(there),
            address=address,
            time_zone=HOME,
            enabled_at=self.now,
            cutoff=self.now - timedelta(days=30),
            proven_at=self.now,
            proof=Proof.MAIL,
        )
        return Somebody(user, self.simulator.person(address), box)

    def join(self, *others: Somebody) -> None:
        """Switch the synchronisation of others on too."""
        for somebody in others:
            somebody.box.enabled = True
            somebody.box.save()
            self.people.append(somebody)

    # -- what happens

    def tick(self, **duration: float) -> None:
        self.now += timedelta(**duration)
        self.simulator.world.clock.set(self.now)

    def fault(self, kind: str, **options: Any) -> None:
        self.simulator.control.add_fault(kind, **options)

    def faults_end(self) -> None:
        self.simulator.control.clear_faults()

    def behave(self, **switches: Any) -> None:
        self.simulator.control.set_behaviour(**switches)

    def make(self, entry: Entry, somebody: Somebody | None = None, **fields: Any) -> Activity:
        """An activity of somebody's, Anna's unless another is named."""
        when = entry.when
        times: dict[str, Any] = {}
        if isinstance(when, Timed):
            times = {"start": when.start, "end": when.end}
        elif isinstance(when, Series):
            first = datetime.combine(when.recurrence.start, when.start or time(), ZoneInfo(when.zone))
            times = {"start": first, "end": first + when.duration, "recurrence": when.recurrence}
        owner = (somebody or self.anna).user
        usual = {"type_id": self.meeting.pk, "owner_id": owner.pk, "name": entry.title, "notes": entry.notes}
        draft = Draft(**{**usual, "location": entry.location, "time_zone": HOME, **times, **fields})
        with clock.stopped_at(self.now):
            return changes.create(self.company.pk, draft, Origin(edited_at=self.now))

    def edit(self, activity: Activity, **fields: Any) -> None:
        with clock.stopped_at(self.now):
            changes.change(activity.pk, None, fields, Origin(edited_at=self.now))

    def edit_day(self, activity: Activity, day: date, **fields: Any) -> None:
        with clock.stopped_at(self.now):
            changes.set_occurrence(activity.pk, None, day, OccurrenceDraft(**fields), Origin(edited_at=self.now))

    def delete(self, activity: Activity) -> None:
        with clock.stopped_at(self.now):
            changes.remove(activity.pk, None, Origin(edited_at=self.now))

    def activity(self, title: str) -> Activity:
        return Activity.objects.get(company=self.company, name=title)

    def run(self, somebody: Somebody | None = None) -> Run:
        """Run a mailbox, Anna's unless another is named, as soon as it may run."""
        box = (somebody or self.anna).box
        box.refresh_from_db()
        if box.not_before is not None and box.not_before > self.now:
            self.now = box.not_before
            self.simulator.world.clock.set(self.now)
        with clock.stopped_at(self.now):
            row = wiring.run_mailbox(box.pk)
        assert row is not None
        assert row.error_code != "internal", row.error_detail
        assert row.requests <= MANY, f"{row.requests} requests"
        box.refresh_from_db()
        return row

    def rests(self, somebody: Somebody | None = None) -> timedelta:
        """How long the mailbox lets the server be, from now; nothing runs in the meantime."""
        box = (somebody or self.anna).box
        box.refresh_from_db()
        with clock.stopped_at(self.now):
            assert wiring.run_mailbox(box.pk) is None
        assert box.not_before is not None
        assert box.due_at == box.not_before
        return box.not_before - self.now

    def sign_ins_are_forgotten(self) -> None:
        """As after a minute of the real clock, for which msal repeats a refusal without asking again."""
        tokens._shared.clear()

    def batches(self) -> int:
        """How many batches were sent since the log of requests was cleared."""
        routes = self.simulator.control.request_counts()["by_route"]
        return sum(number for route, number in routes.items() if route.lower().endswith("$batch"))

    # -- how it ends

    def calms_down(self, rounds: int = 8) -> None:
        """End every fault, and run every mailbox until nothing is written any more."""
        self.faults_end()
        for _ in range(rounds):
            self.tick(minutes=11)
            for somebody in self.people:
                somebody.box.refresh_from_db()
                self.now = max(self.now, somebody.box.not_before or self.now)
            rows = [self.run(somebody) for somebody in self.people]
            for row in rows:
                assert (row.error_code, row.finished) == ("", True), row.error_detail
            if not any(row.written for row in rows) and not ActivityHint.objects.exists():
                return
        raise AssertionError("the mailboxes do not come to rest")

    def a_day_passes(self) -> None:
        """Everything is read again (DESIGN §4.12)."""
        self.tick(hours=25)
        assert {self.run(somebody).kind for somebody in self.people} == {"full"}

    def ends_well(self, *, held: int = 0) -> None:
        """Both sides equal, now and after everything was read again; nothing doubled, held or mailed; S16, B1, B6."""
        self.calms_down()
        self._agrees(held)
        self.a_day_passes()
        self.calms_down()
        self._agrees(held)
        self.tick(minutes=11)
        row = self.run()
        assert (row.kind, row.written, row.requests) == ("quick", 0, 1)

    def _agrees(self, held: int) -> None:
        holds = list(Hold.objects.all())
        assert len(holds) == held, [f"{hold} {hold.detail} {hold.title}" for hold in holds]
        items = {hold.item: hold.reason for hold in holds}
        for somebody in self.people:
            here, there = self.shown_here(somebody, items), self.shown_there(somebody, items)
            assert here == there, f"{somebody.user}\nonly here {here - there}\nonly there {there - here}"
            doubled = [sight for sight, number in there.items() if number > 1]
            assert not doubled, doubled
        assert self.simulator.control.mails(cause="client")["mails"] == []

    def _window(self) -> Window:
        return Window(START - timedelta(days=30), self.now + timedelta(days=120), ZoneInfo(HOME))

    def shown_here(self, somebody: Somebody, holds: dict[str, str] | None = None) -> Counter[Sight]:
        entries = stores.ours(somebody.user, holds or {}).entries
        return Counter(sight for entry in entries for sight in sights(entry, self._window()))

    def shown_there(self, somebody: Somebody, holds: dict[str, str] | None = None) -> Counter[Sight]:
        entries = stores.theirs(somebody.outlook.dump(), holds or {}).entries
        return Counter(sight for entry in entries for sight in sights(entry, self._window()))

    def sees(self, title: str, somebody: Somebody | None = None) -> list[str]:
        """The starts of what somebody sees under that title with us, in UTC (whole days as dates)."""
        found = self.shown_here(somebody or self.anna)
        return sorted(sight.start for sight in found.elements() if sight.title == title)


def told(row: Run) -> str:
    """What the person is told while it lasts, in plain words that exist for this very case (B11)."""
    assert row.error_code in SENTENCES, row.error_code
    sentences = SENTENCES[row.error_code].told()
    assert all(text.endswith(".") and "HTTP" not in text for text in sentences)
    return row.error_code


def renamed(entry: Entry, title: str) -> dict[str, Any]:
    return as_graph(replace(entry, title=title))
