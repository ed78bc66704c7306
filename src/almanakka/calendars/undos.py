"""Undoing what the journal tells of: asked for on a page, performed by the mailbox's next run (B4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from almanakka.accounts.models import User
from almanakka.calendars import clock as clocks
from almanakka.calendars.activities import OrmActivities
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import JournalEntry, Mailbox, Pair, Undo, UndoState
from almanakka.sync.effects import Tally
from almanakka.sync.entry import Group
from almanakka.sync.ports import Calendar, Note, Side
from almanakka.sync.scope import Settings
from almanakka.sync.undo import Deed
from almanakka.sync.undoing import Undoer

#: What can be undone; the other lines tell of what was not written.
ACTIONS = ("created", "updated", "deleted", "left", "paired", "conflict")
#: A conflict is undone by itself alone: its loser comes back on a person's word only (B5).
WITH_A_RUN = tuple(action for action in ACTIONS if action != "conflict")
#: How many lines are looked at together.
CHUNK = 200

Stop = Callable[[], bool]


def of(user: User) -> QuerySet[JournalEntry]:
    """The lines of the user's own journal that may be undone: nobody has done that, nor asked for it."""
    own = JournalEntry.objects.filter(mailbox__user=user, mailbox__enabled=True, action__in=ACTIONS)
    return own.exclude(undo_state__in=[UndoState.WAITING, UndoState.DONE])


def together(user: User, run_id: int) -> QuerySet[JournalEntry]:
    """The lines of one run that may be undone with it; a meeting's people are told of its changes one by one (B1)."""
    meeting = Pair.objects.filter(mailbox=OuterRef("mailbox"), activity=OuterRef("activity"), real=True)
    asks = Q(action="updated") & ~Q(groups=[Group.WHO.value]) & Exists(meeting)
    return of(user).filter(run=run_id, action__in=WITH_A_RUN).exclude(asks)


def ask(user: User, line_id: int, *, tells: bool = False) -> Undo | None:
    """Have one line of one's own journal undone, by the next run; return None if it cannot be.

    ``tells`` is their yes to a mail to the people of the meeting that it is about (B1).
    """
    return _ask(user, Q(pk=line_id), None, tells=tells)


def ask_run(user: User, run_id: int) -> Undo | None:
    """Have all that one run of one's own mailbox has written undone; return None if that is nothing."""
    return _ask(user, Q(run=run_id, action__in=WITH_A_RUN), run_id, tells=False)


def _ask(user: User, which: Q, run_id: int | None, *, tells: bool) -> Undo | None:
    with transaction.atomic():
        mailbox = Mailbox.objects.select_for_update(no_key=True).filter(user=user, enabled=True).first()
        if mailbox is None:
            return None
        undo = Undo.objects.create(mailbox=mailbox, run_id=run_id, asked_at=clocks.now(), tells=tells)
        lines = JournalEntry.objects.filter(pk__in=of(user).filter(which).values("pk"))
        if not lines.update(undo=undo, undo_state=UndoState.WAITING, undo_reason=""):
            undo.delete()
            return None
        Mailbox.objects.filter(pk=mailbox.pk).update(undo_wanted=True)
    return undo


def perform(
    mailbox: Mailbox,
    calendar: Calendar,
    ledger: MailboxLedger,
    settings: Settings,
    clock: Callable[[], datetime],
    stop: Stop,
) -> dict[str, int]:
    """Undo what has been asked for, newest first; return what was written. What is left goes on in the next run.

    Raises CalendarError or LeaseLost.
    """
    tally = Tally()
    undoers = {
        tells: Undoer(
            calendar=calendar,
            activities=OrmActivities(mailbox, fence=ledger.fence),
            by_hand=OrmActivities(mailbox, fence=ledger.fence, by_hand=True, tells=tells),
            ledger=ledger,
            settings=settings,
            clock=clock,
            tally=tally,
        )
        for tells in (False, True)
    }
    for undo in Undo.objects.filter(mailbox=mailbox, ended_at__isnull=True).order_by("pk"):
        while lines := list(_waiting(undo)[:CHUNK]):
            for line, deed, lines_of_it in _deeds(lines, tells=undo.tells):
                if stop():
                    return tally.counts
                undoers[undo.tells].undo(deed, _mark(undo, [line.pk, *lines_of_it]))
        with ledger.atomic():
            Undo.objects.filter(pk=undo.pk).update(ended_at=clock())
    with ledger.atomic():
        held = Mailbox.objects.select_for_update(no_key=True).filter(pk=mailbox.pk)
        if held.exists() and not Undo.objects.filter(mailbox=mailbox, ended_at__isnull=True).exists():
            held.update(undo_wanted=False)
    return tally.counts


def _waiting(undo: Undo) -> QuerySet[JournalEntry]:
    """The lines still to be undone, without those that go along with the pairing of their event."""
    waiting = JournalEntry.objects.filter(undo=undo, undo_state=UndoState.WAITING)
    pairing = waiting.filter(action="paired", run=OuterRef("run"), event=OuterRef("event"))
    along = Q(action="updated", side=Side.THERE.value) & Exists(pairing)
    return waiting.exclude(along).order_by("-pk")


def _deeds(lines: Sequence[JournalEntry], *, tells: bool) -> Iterable[tuple[JournalEntry, Deed, list[int]]]:
    """What to undo, line by line, with the lines that go along with it."""
    events = [line.event for line in lines if line.action == "paired"]
    runs = {line.run_id for line in lines if line.action == "paired"}
    along: dict[tuple[int | None, str | None], list[JournalEntry]] = {}
    if events:
        found = JournalEntry.objects.filter(
            mailbox=lines[0].mailbox_id, run__in=runs, event__in=events, action="updated", side=Side.THERE.value
        )
        for other in found.exclude(undo_state=UndoState.DONE).order_by("-pk"):
            along.setdefault((other.run_id, other.event), []).append(other)
    named = _named(lines)
    for line in lines:
        others = along.get((line.run_id, line.event), []) if line.action == "paired" else []
        yield (
            line,
            Deed(_note(line, named.get(line.event)), [_note(other) for other in others], tells),
            [other.pk for other in others],
        )


def _named(lines: Sequence[JournalEntry]) -> dict[str | None, UUID | None]:
    """The activities of which lines do not tell, by event: a deletion that was cut short knew its event alone."""
    events = [line.event for line in lines if line.activity is None and line.event is not None]
    if not events:
        return {}
    told = JournalEntry.objects.filter(mailbox=lines[0].mailbox_id, event__in=events, activity__isnull=False)
    return dict(told.order_by("pk").values_list("event", "activity"))


def _note(line: JournalEntry, activity: UUID | None = None) -> Note:
    activity = line.activity or activity
    return Note(
        action=line.action,
        side=Side(line.side),
        reason=line.reason,
        activity=None if activity is None else str(activity),
        event=line.event,
        groups=frozenset(Group(name) for name in line.groups),
        before=line.before,
        after=line.after,
    )


def _mark(undo: Undo, lines: Sequence[int]) -> Callable[[str | None], None]:
    def mark(reason: str | None) -> None:
        state = UndoState.DONE if reason is None else UndoState.REFUSED
        JournalEntry.objects.filter(pk__in=lines).update(undo=undo, undo_state=state, undo_reason=reason or "")

    return mark
