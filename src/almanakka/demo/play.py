"""The demo from its beginning to the comparison: first runs, a run with nothing to do, edits on both sides.

Each stage is one company; what is found out about all of them is told in one report.
"""

from __future__ import annotations

import time as clock_time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka.activities import changes
from almanakka.activities.models import Activity
from almanakka.activities.values import Origin
from almanakka.calendars import clock, switching, wiring
from almanakka.calendars.models import Hold, Mailbox, Pair, Run
from almanakka.demo import company, edits, outlook, stores
from almanakka.demo.brought import Brought
from almanakka.demo.company import Cast
from almanakka.demo.compare import Window, differences, is_old
from almanakka.demo.edits import Edit, InAlmanakka, InOutlook, Outcome
from almanakka.demo.report import Report
from almanakka.demo.scenario import activities, calendars, people
from almanakka.demo.scenario import changes as planned
from almanakka.demo.tenant import Control, TenantFailed
from almanakka.sync.errors import CalendarError

#: How far ahead both sides are compared.
HORIZON = timedelta(days=731)
#: How long everything may take to come to rest, in seconds.
PATIENCE = 300.0
#: Why an entry may rightly stay on its own side: neither side's fault, and told to its person (B8).
TRUE_HOLDS = frozenset(("unrepresentable", "refused"))

#: Tells how far a stage is: its name, what is done, and of how much.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Stage:
    """An example company on its feet, in both systems."""

    control: Control
    cast: Cast
    brought: list[Brought]
    progress: Progress
    report: Report
    events: dict[Any, dict[str, tuple[str, str]]] = field(default_factory=dict)
    activities: dict[Any, dict[str, UUID]] = field(default_factory=dict)
    meetings: dict[str, str] = field(default_factory=dict)
    in_scope: dict[Any, set[str]] = field(default_factory=dict)

    def tell(self, what: str, done: int, of: int) -> None:
        """Tell how far this company is."""
        self.progress(f"{what}, {self.cast.company.name}", done, of)

    @property
    def today(self) -> Any:
        return clock.now().astimezone(ZoneInfo(people.ZONE)).date()


def set_up(
    control: Control, number: int, version: str, brought: list[Brought], progress: Progress, report: Report
) -> list[Stage]:
    """Make both companies, each with ``number`` people, and make them ready: one in Microsoft 365, one on a server.

    ``version`` is the server's. Files that people brought go to the one and the other in turn.
    """
    control.run_clock_from(clock.now())
    in_cloud = company.moved_in(control, number)
    on_premises = company.moved_in_on_premises(control, number, people.ON_PREMISES, version)
    casts = [company.founded(number)]
    there = control.tenant_of(people.ON_PREMISES.domain)
    casts.append(company.founded(number, people.ON_PREMISES, casts[0].password, there))
    stages = []
    for turn, (cast, registration) in enumerate(zip(casts, (in_cloud, on_premises), strict=True)):
        stage = Stage(control, cast, brought[turn :: len(casts)], progress, report)
        _make_ready(stage, registration)
        stages.append(stage)
    report.calendars = [each.to_json() for each in brought]
    return stages


def _make_ready(stage: Stage, registration: dict[str, Any]) -> None:
    """Fill both sides, connect them and switch the synchronisation on for everybody."""
    _fill_outlook(stage)
    _fill_activities(stage)
    try:
        company.switch_on(stage.cast, stage.control, registration)
    except (switching.Refused, CalendarError) as error:
        raise TenantFailed(f"the synchronisation cannot be switched on: {error.code}") from error
    stage.report.people += len(stage.cast.members)
    kind = str(stage.cast.mailboxes[0].connection.kind)
    stage.report.mailboxes[kind] = len(stage.cast.mailboxes)


def _fill_outlook(stage: Stage) -> None:
    members = stage.cast.members
    for seed, member in enumerate(members):
        stage.tell("Calendars in Outlook", seed, len(members))
        stage.events[member] = outlook.stage_own(stage.control, member.email, stage.today, seed)
    invited = [*(member.email for member in members), stage.cast.administrator.email]
    stage.meetings = outlook.stage_meetings(stage.control, invited, stage.today)
    taken: dict[str, set[str]] = {member.email: set() for member in members}
    for number, brought in enumerate(stage.brought):
        address = members[number % len(members)].email
        outlook.stage_file(stage.control, address, brought, taken[address])
    stage.tell("Calendars in Outlook", len(members), len(members))


def _fill_activities(stage: Stage) -> None:
    cast, today = stage.cast, stage.today
    everybody = [member.pk for member in cast.members]
    origin = Origin(edited_at=clock.now() - timedelta(days=1))
    default = cast.kinds[activities.MEETING.name]
    for seed, member in enumerate(cast.members):
        stage.tell("Activities here", seed, len(everybody))
        typed_in = activities.twins(calendars.own_entries(today, seed))
        drafts = [sketch.draft(default, member.pk) for sketch in typed_in]
        drafts += activities.own_drafts(today, seed, everybody, cast.kinds, cast.projects)
        for_editing = {
            name: sketch.draft(default, member.pk) for name, sketch in planned.prepared(today, "täällä").items()
        }
        changes.create_many(cast.company.pk, [*drafts, *for_editing.values()], origin)
        stage.activities[member] = {name: draft.id for name, draft in for_editing.items()}
    stage.tell("Activities here", len(everybody), len(everybody))


def first_runs(stage: Stage) -> None:
    """Synchronise every mailbox for the first time."""
    first = stage.report.first_run
    began = clock_time.monotonic()
    for run in _runs(stage, "First runs"):
        first.matched += run.counts.get("matched", 0)
        first.created_here += run.counts.get("created_here", 0)
        first.created_there += run.counts.get("created_there", 0)
        first.skipped.update(run.skipped)
    first.seconds += clock_time.monotonic() - began
    for brought in stage.brought:
        first.skipped.update(each.code for each in brought.skipped)


def second_runs(stage: Stage) -> None:
    """Synchronise every mailbox once more, with nothing to do."""
    second = stage.report.second_run
    for run in _runs(stage, "Second runs"):
        second.written += run.written
        second.http_requests += run.requests
        second.sql_queries += run.statements


def _runs(stage: Stage, name: str) -> Iterable[Run]:
    mailboxes = stage.cast.mailboxes
    for number, mailbox in enumerate(mailboxes):
        share = _Share(stage.tell, name, number, len(mailboxes))
        run = wiring.run_mailbox(mailbox.pk, progress=share)
        if run is None:
            stage.report.failures.append(f"{name}: {mailbox.address} could not be run.")
            continue
        if run.error_code or not run.finished:
            stage.report.failures.append(f"{name}: {mailbox.address}: {run.error_code} {run.error_detail}".rstrip())
        yield run
    stage.tell(name, len(mailboxes), len(mailboxes))


@dataclass(frozen=True, slots=True)
class _Share:
    """One mailbox's share of a stage's progress, in hundredths."""

    progress: Progress
    name: str
    number: int
    of: int

    def __call__(self, done: int, total: int) -> None:
        part = 100 * done // total if total else 100
        self.progress(self.name, 100 * self.number + part, 100 * self.of)


def edit_both_sides(stages: list[Stage], worker: AbstractContextManager[Any], report: Report) -> None:
    """Let people edit on both sides while a worker carries what the triggers tell it."""
    outcome = Outcome()
    with worker:
        rested = _rest()
        for stage in stages:
            planned_edits = _edits(stage)
            tell = partial(stage.tell, "Edits on both sides", of=len(planned_edits))
            made = edits.carry_out(planned_edits, _window(stage.cast.mailboxes[0]), tell)
            outcome.seconds += made.seconds
            outcome.lost += [f"{name} ({stage.cast.company.name})" for name in made.lost]
        rested = _rest() and rested
    report.edits, report.lost_edits = outcome.to_json(), outcome.lost
    if not rested:
        report.failures.append(f"There was still work to do after {PATIENCE:.0f} seconds.")


def move_to_cloud(stage: Stage) -> None:
    """Let every second person of a company on a server move to Microsoft 365, and run their mailboxes (B12)."""
    migration = stage.report.migration
    connection = company.connect(stage.cast, stage.control, company.registered(stage.control))
    moving = list(zip(stage.cast.members, stage.cast.mailboxes, strict=True))[::2]
    for number, (member, mailbox) in enumerate(moving):
        stage.tell("Moves to Microsoft 365", number, len(moving))
        before = Pair.objects.filter(mailbox=mailbox, event__isnull=False).count()
        switching.move(member, connection, acting=stage.cast.administrator)
        stage.control.move_to_cloud(mailbox.address)
        run = wiring.run_mailbox(mailbox.pk)
        mailbox.refresh_from_db()
        if run is None or run.error_code or not run.finished:
            stage.report.failures.append(f"{mailbox.address} did not get on after the move.")
            continue
        migration.moved += 1
        migration.pairs += before
        migration.kept += run.counts.get("relinked", 0)
        migration.written += run.written
    stage.tell("Moves to Microsoft 365", len(moving), len(moving))


def _edits(stage: Stage) -> list[Edit]:
    cast, today = stage.cast, stage.today
    in_outlook = [InOutlook(stage.control, member, member.email) for member in cast.members]
    host, *guests = in_outlook
    ours = cast.members[1 % len(cast.members)]
    others = [member for member in cast.members if member != ours][:2]
    in_almanakka = planned.own_edits(
        InAlmanakka(stage.control, ours, cast.addresses),
        stage.activities[ours],
        today,
        cast.kinds[activities.MEETING.name],
        others,
    )
    of_meetings = planned.meeting_edits(host, guests[-1], guests, stage.meetings, today) if guests else []
    return [
        *edits.in_turns(planned.outlook_edits(host, stage.events[host.user], today), in_almanakka),
        *of_meetings,
    ]


def _rest() -> bool:
    """Wait until no mailbox is due and no job waits; False if that takes too long."""
    deadline = clock_time.monotonic() + PATIENCE
    while clock_time.monotonic() < deadline:
        busy = Mailbox.objects.filter(Q(due_at__lte=clock.now()) | Q(leased_until__isnull=False), enabled=True)
        jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing"], queue_name="mailboxes")
        if not busy.exists() and not jobs.exists():
            return True
        clock_time.sleep(0.1)
    return False


def count(stage: Stage) -> None:
    """Count the entries of both sides before anything is synchronised, and note which ought to be on both."""
    entries = stage.report.entries
    entries.remote += sum(len(brought.skipped) for brought in stage.brought)
    entries.ours += Activity.objects.filter(company=stage.cast.company).count()
    for member, mailbox in zip(stage.cast.members, stage.cast.mailboxes, strict=True):
        window = _window(mailbox)
        theirs, ours = stores.theirs(stage.control.dump(mailbox.address), {}), stores.ours(member, {})
        entries.remote += len(theirs.entries) + sum(map(len, theirs.left_out.values()))
        in_scope = {f"event:{entry.id}" for entry in theirs.entries if not is_old(entry, window)}
        in_scope |= {f"activity:{entry.id}" for entry in ours.entries if not is_old(entry, window)}
        stage.in_scope[mailbox.pk] = in_scope
    entries.in_scope += sum(map(len, stage.in_scope.values()))


def count_arrived(stage: Stage) -> None:
    """Count which of those the first runs have brought to the other side, and which cannot be held there."""
    entries = stage.report.entries
    entries.representable += sum(map(len, stage.in_scope.values()))
    for mailbox in stage.cast.mailboxes:
        in_scope = stage.in_scope[mailbox.pk]
        paired: set[str] = set()
        for event, activity in Pair.objects.filter(mailbox=mailbox, state="live").values_list("event", "activity"):
            paired |= {f"event:{event}", f"activity:{activity}"}
        entries.arrived += len(in_scope & paired)
        entries.representable -= len((in_scope - paired) & _holds(mailbox).keys())


def _holds(mailbox: Mailbox) -> dict[str, str]:
    found = Hold.objects.filter(mailbox=mailbox, reason__in=TRUE_HOLDS)
    return dict(found.values_list("item", "reason"))


def held(stage: Stage) -> list[dict[str, str]]:
    """Return what waits or is left alone in each mailbox, with the reason that people are told."""
    found = Hold.objects.filter(mailbox__in=stage.cast.mailboxes).order_by("pk").select_related("mailbox")
    return [
        {"mailbox": each.mailbox.address, "title": each.title, "code": each.reason, "reason": each.detail}
        for each in found
    ]


def _window(mailbox: Mailbox) -> Window:
    mailbox.refresh_from_db(fields=["cutoff"])
    now: datetime = clock.now()
    return Window(mailbox.cutoff, now + HORIZON, ZoneInfo(people.ZONE))


def compare(stage: Stage, when: str) -> None:
    """Compare what everybody sees on either side, raw from both stores, and note where they differ."""
    for member, mailbox in zip(stage.cast.members, stage.cast.mailboxes, strict=True):
        holds = _holds(mailbox)
        theirs = stores.theirs(stage.control.dump(mailbox.address), holds)
        found = differences(stores.ours(member, holds).entries, theirs.entries, _window(mailbox))
        stage.report.divergent += [{"person": member.email, "when": when, **each} for each in found]
