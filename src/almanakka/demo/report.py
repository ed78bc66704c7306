"""What the demo found out: one JSON object for programs, a table for people, and what differs in plain words."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from rich.console import Console
from rich.table import Table

#: The share of the representable entries in scope that has to arrive.
ENOUGH = 0.9
#: How many differences are spelt out for people; the JSON has them all.
SHOWN = 20


@dataclass(slots=True)
class FirstRun:
    """The first synchronisation of every mailbox together; ``skipped`` counts entries by reason."""

    seconds: float = 0.0
    matched: int = 0
    created_here: int = 0
    created_there: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class SecondRun:
    """The run after it, which has nothing to do: totals over all mailboxes."""

    written: int = 0
    http_requests: int = 0
    sql_queries: int = 0


@dataclass(slots=True)
class Migration:
    """The people who moved from the server to Microsoft 365: their pairs, how many were kept, and what was written."""

    moved: int = 0
    pairs: int = 0
    kept: int = 0
    written: int = 0


@dataclass(slots=True)
class Entries:
    """How many entries there were, and how many of those in scope that can be represented are on both sides."""

    remote: int = 0
    ours: int = 0
    in_scope: int = 0
    representable: int = 0
    arrived: int = 0


@dataclass(slots=True)
class Report:
    """Everything that the demo tells; the JSON's shape stands in DESIGN §7."""

    people: int = 0
    mailboxes: dict[str, int] = field(default_factory=dict)
    entries: Entries = field(default_factory=Entries)
    first_run: FirstRun = field(default_factory=FirstRun)
    second_run: SecondRun = field(default_factory=SecondRun)
    edits: dict[str, Any] = field(default_factory=dict)
    migration: Migration = field(default_factory=Migration)
    lost_edits: list[str] = field(default_factory=list)
    mails_sent: int = 0
    divergent: list[dict[str, object]] = field(default_factory=list)
    calendars: list[dict[str, object]] = field(default_factory=list)
    held: list[dict[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        first, second, entries = self.first_run, self.second_run, self.entries
        return {
            "people": self.people,
            "mailboxes": self.mailboxes,
            "entries": {
                "remote": entries.remote,
                "ours": entries.ours,
                "in_scope": entries.in_scope,
                "representable": entries.representable,
                "arrived": entries.arrived,
            },
            "first_run": {
                "seconds": round(first.seconds, 3),
                "matched": first.matched,
                "created_here": first.created_here,
                "created_there": first.created_there,
                "skipped": dict(sorted(first.skipped.items())),
            },
            "second_run": {
                "written": second.written,
                "http_requests": second.http_requests,
                "sql_queries": second.sql_queries,
            },
            "edits": self.edits,
            "migration": asdict(self.migration),
            "mails_sent": self.mails_sent,
            "divergent": self.divergent,
            "calendars": self.calendars,
            "held": self.held,
        }

    def problems(self) -> list[str]:
        """Return what keeps both sides from agreeing, in plain sentences; empty if they do."""
        found = list(self.failures)
        if self.divergent:
            found.append(f"{len(self.divergent)} occurrences are on one side only.")
            found += [_difference(each) for each in self.divergent[:SHOWN]]
        if self.mails_sent:
            found.append(f"{self.mails_sent} mails were sent that nobody asked for.")
        if self.second_run.written:
            found.append(f"The second run wrote {self.second_run.written} times although nothing had changed.")
        if self.migration.written or self.migration.kept != self.migration.pairs:
            found.append(
                f"Moving {self.migration.moved} people wrote {self.migration.written} times and kept "
                f"{self.migration.kept} of {self.migration.pairs} pairs."
            )
        found += [f"This edit did not arrive: {name}." for name in self.lost_edits]
        if self.entries.arrived < ENOUGH * self.entries.representable:
            found.append(f"Only {self.entries.arrived} of {self.entries.representable} entries arrived.")
        return found

    def show(self, console: Console) -> None:
        """Print the summary as a table."""
        table = Table(title="Both sides compared", show_header=False)
        first, second, entries = self.first_run, self.second_run, self.entries
        for name, value in (
            ("People", str(self.people)),
            ("Entries in Microsoft / here", f"{entries.remote} / {entries.ours}"),
            ("In scope, of which arrived", f"{entries.in_scope}, {entries.arrived}"),
            (
                "First run",
                f"{first.seconds:.1f} s: {first.matched} paired, {first.created_here} created here, "
                f"{first.created_there} in Microsoft",
            ),
            ("Left out", ", ".join(f"{name} {number}" for name, number in sorted(first.skipped.items())) or "nothing"),
            ("Second run", f"{second.written} writes, {second.http_requests} requests, {second.sql_queries} queries"),
            ("Edits arrived", _edits(self.edits)),
            ("Moved to Microsoft 365", _moved(self.migration)),
            ("Mails sent", str(self.mails_sent)),
            ("Occurrences that differ", str(len(self.divergent))),
        ):
            table.add_row(name, value)
        console.print(table)
        for remark in self.remarks():
            console.print(remark, markup=False, highlight=False, soft_wrap=True)

    def remarks(self) -> list[str]:
        """Return what people should know although both sides agree: what was left out of their files, and why."""
        found = []
        for calendar in self.calendars:
            skipped = cast("list[dict[str, str]]", calendar["skipped"])
            if not calendar["loaded"] and not skipped:
                found.append(f"{calendar['file']} holds no calendar entry.")
            found += [f"{calendar['file']}: left out {_title(each)}: {each['reason']}." for each in skipped[:SHOWN]]
            if len(skipped) > SHOWN:
                found.append(f"{calendar['file']}: {len(skipped) - SHOWN} more were left out; --json lists them all.")
        return found + [f"Left alone in Microsoft: {_title(each)}: {each['reason']}." for each in self.held[:SHOWN]]


def _title(each: dict[str, str]) -> str:
    return repr(each["title"][:60])


def _edits(edits: dict[str, Any]) -> str:
    if not edits.get("made"):
        return "none made"
    return f"{edits['arrived']} of {edits['made']}, 95 % within {edits['seconds_p95']} s"


def _moved(migration: Migration) -> str:
    return f"{migration.moved} people, {migration.kept} of {migration.pairs} pairs kept, {migration.written} writes"


def _difference(each: dict[str, object]) -> str:
    side = "only here" if each["only"] == "ours" else "only in Microsoft"
    return f"  {each.get('person', '')}: {each['start']} {str(each['title'])[:60]!r} is {side}."
