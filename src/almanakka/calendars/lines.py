"""Lines of one's own journal as people read and search them (B4, B9)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Func, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.formats import date_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from almanakka.accounts import short_dates
from almanakka.accounts.models import User
from almanakka.accounts.templatetags.dates import unbroken
from almanakka.calendars import undos, words
from almanakka.calendars.models import JournalEntry, Mailbox, Pair, UndoState
from almanakka.sync.entry import AS_SERIES, AllDay, Entry, Group, Override, Series, Timed
from almanakka.sync.fields import canonical, differing_days, regular, same
from almanakka.sync.footer import detach, stray

#: Longer values are cut off in a line.
LONGEST = 80
#: More occurrences are not named one by one.
MOST_DAYS = 5
#: Whose copy of a meeting it is, of which activity, and whether they have called it.
_MEETING = ("mailbox", "activity", "organises")
#: From one time of day to another.
_STRETCH = re.compile(r"(\d[.:]\d\d)–(\d)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a page shows it; ``at`` is in ISO 8601.

    ``run`` is the address of all that its run has done, if that is shown. ``changes`` say what was what before,
    ``undo`` how far undoing it is, ``barred`` why nobody can undo it here, and ``undo_told`` what a screen reader says
    of the button for it.
    """

    id: int
    run: str
    at: str
    shown_at: str
    title: str
    done: str
    why: str
    arrow: str
    changes: list[str]
    undo: str
    undo_why: str
    barred: str
    can_undo: bool
    undo_label: str
    undo_told: str

    @property
    def waits(self) -> bool:
        return self.undo == UndoState.WAITING

    @property
    def moment(self) -> SafeString:
        """When it was, leading to its run."""
        time = format_html('<time datetime="{}">{}</time>', self.at, self.shown_at)
        if not self.run:
            return time
        return format_html('<a href="{}" title="{}">{}</a>', self.run, _("All that was done in this run"), time)

    @property
    def changed(self) -> SafeString:
        return format_html_join("", "<br>{}", ((unbroken(_whole(change)),) for change in self.changes))

    @property
    def undoing(self) -> SafeString:
        """The button, or what has become of it."""
        if self.undo == UndoState.DONE:
            return format_html('<span class="status well">{}</span>', _("Undone"))
        if self.waits:
            return format_html('<span class="status running">{}</span>', _("Being undone"))
        if self.barred:
            return format_html('<small class="quiet">{}</small>', self.barred)
        if not self.can_undo:
            return SafeString()
        why = _("Not undone: %(why)s.") % {"why": self.undo_why}
        refused = format_html(' <small class="quiet">{}</small>', why) if self.undo_why else ""
        return format_html(
            '<button type="submit" name="line" value="{}" class="{}" aria-label="{}">{}</button>{}',
            *(self.id, "outline secondary small", self.undo_told, self.undo_label, refused),
        )


def of(user: User) -> QuerySet[JournalEntry]:
    """The user's own journal, newest first."""
    # by its id alone, the index of each mailbox's lines is read from its end
    own = Subquery(Mailbox.objects.filter(user=user).values("pk"))
    return JournalEntry.objects.filter(mailbox_id=own).order_by("-at", "-pk")


def whole(ids: Collection[int]) -> list[JournalEntry]:
    """Return the lines with these ids, in their order. Sorting them whole would be slow: they hold two entries each."""
    found = JournalEntry.objects.in_bulk(ids)
    return [found[id] for id in ids if id in found]


def called(lines: QuerySet[JournalEntry], wanted: str) -> QuerySet[JournalEntry]:
    """Pick the lines about entries whose title has ``wanted`` in it, before or after."""
    spelled = {json.dumps(each)[1:-1] for each in (wanted, wanted.lower(), wanted.upper(), wanted.capitalize())}
    pattern = _title_pattern(spelled)
    found = Q()
    for image in ("after", "before"):
        # the pattern is right, and slow: of the many that do not have the words at all, this tells more quickly
        roughly = Q(
            *(Q((f"{image}_title__contains", each)) for each in {each.upper() for each in spelled}), _connector=Q.OR
        )
        found |= roughly & Q((f"{image}__iregex", pattern))
    return lines.alias(after_title=_title_of("after"), before_title=_title_of("before")).filter(found)


def _title_of(image: str) -> Upper:
    """An image up to its title's end, in capitals: a quote within the title has a backslash before it."""
    return Upper(Func(F(image), Value('","when":'), Value(1), function="SPLIT_PART", output_field=TextField()))


def told(entries: Iterable[JournalEntry], zone: ZoneInfo, runs: bool) -> list[Line]:
    """Lines for people, with times in ``zone``; with ``runs`` they lead to all that was done in the same run."""
    history = f"{reverse('calendar-sync-history')}?run=" if runs else ""
    entries, moment = list(entries), short_dates.of("SHORT_DATETIME_FORMAT")
    barred = _barred(entries)
    return [_line(entry, zone, moment, history, barred.get(entry.pk, "")) for entry in entries]


def _barred(entries: Iterable[JournalEntry]) -> dict[int, str]:
    """Return why lines cannot be undone here, by their ids: of meetings, by the rules of `sync.undo` (B1, B4)."""
    changes = [
        each
        for each in entries
        if each.action in ("updated", "conflict") and each.activity and set(each.groups) != {Group.WHO.value}
    ]
    if not changes:
        return {}
    kept = Pair.objects.filter(
        mailbox__in={each.mailbox_id for each in changes}, activity__in={each.activity for each in changes}, real=True
    )
    organises = {(mailbox, activity): own for mailbox, activity, own in kept.values_list(*_MEETING)}
    return {
        each.pk: words.barred("cancelled_there" if organises[which] else "meeting")
        for each in changes
        if (which := (each.mailbox_id, each.activity)) in organises and (not organises[which] or brings_back(each))
    }


def _line(entry: JournalEntry, zone: ZoneInfo, moment: Callable[[datetime], str], history: str, barred: str) -> Line:
    shown, at = entry.after or entry.before, entry.at.astimezone(zone)
    title = shown.title if shown is not None else ""
    is_conflict = entry.action == "conflict"
    undo_told = _("Bring back what was lost of %(title)s") if is_conflict else _("Undo: %(title)s")
    done_with = entry.undo_state in (UndoState.WAITING, UndoState.DONE)
    return Line(
        id=entry.pk,
        run=f"{history}{entry.run_id}" if history and entry.run_id else "",
        at=at.isoformat(),
        shown_at=moment(at),
        title=title or _("(no name)"),
        done=words.done(entry.action, entry.side),
        why=words.why(entry.reason),
        arrow="→" if entry.side == "there" else "←",
        changes=_changes(entry, zone),
        undo=entry.undo_state,
        undo_why=words.not_undone(entry.undo_reason) if entry.undo_state == UndoState.REFUSED else "",
        barred="" if done_with else barred,
        can_undo=entry.action in undos.ACTIONS and not done_with and not barred,
        undo_label=_("Bring back the other change") if is_conflict else _("Undo"),
        undo_told=undo_told % {"title": title},
    )


def _changes(entry: JournalEntry, zone: ZoneInfo) -> list[str]:
    """What the groups that were written said before and say since; of a conflict, what was lost and what was kept."""
    if entry.before is None or entry.after is None:
        return []
    before, after = _plain(entry.before), _plain(entry.after)
    return [
        told(before, after, zone)
        for group, told in _TOLD.items()
        if group.value in entry.groups and not same(group, before, after)
    ]


def days(entry: JournalEntry) -> frozenset[date]:
    """Return the original dates of the occurrences that a line tells a change of."""
    if entry.before is None or entry.after is None or Group.OCCURRENCES.value not in entry.groups:
        return frozenset()
    return differing_days(_plain(entry.before), _plain(entry.after))


def brings_back(entry: JournalEntry) -> bool:
    """Whether undoing a line would bring a cancelled occurrence back."""
    if entry.before is None or entry.after is None:
        return False
    before, after = entry.before.exceptions, entry.after.exceptions
    return any(_is_cancelled(after, day) and not _is_cancelled(before, day) for day in days(entry))


def _is_cancelled(exceptions: Mapping[date, Override], day: date) -> bool:
    return exceptions.get(day, AS_SERIES).cancelled


def _plain(entry: Entry) -> Entry:
    entry = canonical(entry)
    return detach(entry, stray(entry))[0]


def _whole(text: str) -> str:
    """Return a text whose times of day are not broken after their dash."""
    return _STRETCH.sub("\\1–\u2060\\2", text)


def _from_to(before: str, after: str) -> str:
    return f"{_quoted(before)} → {_quoted(after)}"


def _quoted(text: str) -> str:
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return _("“%(text)s”") % {"text": text} if text else "–"


def _when(before: Entry, after: Entry, zone: ZoneInfo) -> str:
    """The day is said once if it stays; a series may change in more than its moment tells."""
    day, was, will = f"{_day(before, zone)} ", _moment(before, zone), _moment(after, zone)
    if was == will:
        return _("other times, or another way to repeat")
    is_same_day = was.startswith(day) and will.startswith(day)
    return f"{was} → {will.removeprefix(day) if is_same_day else will}"


def _day(entry: Entry, zone: ZoneInfo) -> str:
    """Return the day on which an entry begins, or of a series its first one."""
    match entry.when:
        case Timed(start):
            first = start.astimezone(zone).date()
        case AllDay(first_day):
            first = first_day
        case Series(recurrence):
            first = recurrence.start
    return date_format(first, "SHORT_DATE_FORMAT")


def _moment(entry: Entry, zone: ZoneInfo) -> str:
    match entry.when:
        case Timed(start, end):
            first, last = start.astimezone(zone), end.astimezone(zone)
            ends = time_format(last) if first.date() == last.date() else date_format(last, "SHORT_DATETIME_FORMAT")
            return f"{_day(entry, zone)} {time_format(first)}–{ends}"
        case AllDay(first_day, end):
            last_day = end - timedelta(days=1)
            more = f"–{date_format(last_day, 'SHORT_DATE_FORMAT')}" if last_day > first_day else ""
            return f"{_day(entry, zone)}{more} {_('all day')}"
        case Series(_recurrence, start_time):
            at = _("all day") if start_time is None else time_format(start_time)
            return _("repeats from %(day)s, %(time)s") % {"day": _day(entry, zone), "time": at}


def _occurrences(before: Entry, after: Entry, zone: ZoneInfo) -> str:
    """What became of the only occurrence that was changed, else of which days they are."""
    changed = sorted(differing_days(before, after))
    if len(changed) > MOST_DAYS:
        return _("single occurrences of the series")
    named = ", ".join(date_format(day, "SHORT_DATE_FORMAT") for day in changed)
    was, now = (_on(entry, changed[0]) for entry in (before, after))
    if len(changed) > 1 or was is None or now is None:
        return _("occurrences of the series: %(days)s") % {"days": named}
    if _is_cancelled(after.exceptions, changed[0]):
        return _("%(day)s: cancelled") % {"day": named}
    shown = [told(was, now, zone) for group, told in _TOLD.items() if not same(group, was, now)]
    return f"{named}: {'; '.join(shown)}"


def _on(entry: Entry, day: date) -> Entry | None:
    """Return one occurrence of a series, as an entry of its own."""
    if not isinstance(entry.when, Series):
        return None
    own = entry.exceptions.get(day, AS_SERIES)
    return Entry(
        title=entry.title if own.title is None else own.title,
        when=own.when or regular(entry.when, day),
        location=entry.location if own.location is None else own.location,
        notes=entry.notes if own.notes is None else own.notes,
        show_as=own.show_as or entry.show_as,
    )


_TOLD: dict[Group, Callable[[Entry, Entry, ZoneInfo], str]] = {
    Group.TITLE: lambda before, after, zone: _from_to(before.title, after.title),
    Group.WHEN: _when,
    Group.WHERE: lambda before, after, zone: (
        _("location: %(change)s") % {"change": _from_to(before.location, after.location)}
    ),
    Group.NOTES: lambda before, after, zone: _("notes: %(change)s") % {"change": _from_to(before.notes, after.notes)},
    Group.PRIVACY: lambda before, after, zone: _("now private") if after.private else _("no longer private"),
    Group.SHOW_AS: lambda before, after, zone: _("shown differently to others"),
    Group.WHO: lambda before, after, zone: _("other participants"),
    Group.OCCURRENCES: _occurrences,
}


def _title_pattern(spelled: set[str]) -> str:
    """Return a pattern for the images that the journal keeps: their title comes first, in ASCII (see `images.text`)."""
    return r'^\{"title":"([^"\\]|\\u[0-9a-f]{4}|\\[^u])*(' + "|".join(map(re.escape, sorted(spelled))) + ")"
