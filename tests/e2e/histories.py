"""One random history of a small company: people edit on both sides while runs meet faults, races and crashes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from almanakka.calendars import wiring
from almanakka.calendars.models import ActivityHint, Mailbox, Run
from almanakka.remote.graph.client import Request
from exchange_simulator.errors import Refusal

from .company import Somebody
from .here import Here
from .interference import Crash, requests, statements, watched
from .there import There

EDITS = (
    *("new_here", "new_here", "edit_here", "edit_here", "edit_here", "occurrence_here", "occurrence_here"),
    *("people_here", "type_here", "delete_here"),
    *("new_there", "new_there", "edit_there", "edit_there", "edit_there", "occurrence_there", "occurrence_there"),
    *("delete_there", "invite", "respond", "cancel", "copy"),
)
DEEDS = (*EDITS, *EDITS, *["run"] * 22, "switch_on", "expire", "days_pass")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "throttled", "retry_after": 30},
    {"kind": "throttled", "batch": False},
    {"kind": "throttled", "batch": True, "count": 5},
    {"kind": "drop_after", "method": "POST", "path": "/events$"},
    {"kind": "drop_after", "method": "POST", "path": "batch"},
    {"kind": "drop_after", "method": "PATCH"},
    {"kind": "drop_after", "method": "DELETE"},
    {"kind": "drop_before", "method": "POST|PATCH|DELETE"},
    {"kind": "timeout_after", "method": "POST|PATCH|DELETE"},
    {"kind": "unavailable", "path": "delta"},
    {"kind": "unavailable", "query": "skiptoken"},
    {"kind": "sync_state_lost", "path": "delta"},
    {"kind": "conflict", "method": "PATCH|DELETE", "count": 2},
    {"kind": "not_persisted", "method": "PATCH"},
    {"kind": "ignored", "method": "PATCH"},
    {"kind": "access_denied"},
    {"kind": "unauthorized"},
    {"kind": "server_error"},
    {"kind": "malformed_json"},
    {"kind": "malformed_json", "method": "POST|PATCH"},
    {"kind": "same_page_forever", "path": "delta", "count": None},
    {"kind": "removed_out_of_window", "path": "delta"},
    {"kind": "empty_page", "path": "delta|events"},
)


class History(Here, There):
    """A random history: :meth:`go` lives it; every entry has a token in its notes by which it is known for good."""

    def go(self, steps: int) -> None:
        for _ in range(3):
            self.deed(self.random.choice(("new_here", "new_there")))
        for _ in range(steps):
            self.tick(minutes=self.random.choice((0, 1, 3, 8)), seconds=self.random.randrange(60))
            self.deed(self.random.choice(DEEDS))

    def deed(self, name: str) -> None:
        self.log.append(f"{self.now:%d.%H:%M:%S} {name}")
        with self.present(), suppress(Refusal):
            getattr(self, name)()

    def days_pass(self) -> None:
        self.tick(hours=self.random.choice((20, 26)) if self.random.random() < 0.9 else 24 * 8)

    def switch_on(self) -> None:
        off = [somebody for somebody in self.people if somebody.mailbox is None]
        if off:
            self._switches_on(self.random.choice(off))

    def expire(self) -> None:
        self.simulator.control.expire_delta_tokens(self.random.choice(self.people).user.email)

    # -- runs, and what may happen to them

    def run(self) -> None:
        somebody = self.random.choice(self.enabled)
        trouble = self.random.choice(("none", "none", "fault", "fault", "sql", "http", "meanwhile", "meanwhile"))
        self.say(f"{somebody.user} {trouble}")
        with ExitStack() as stack:
            if trouble == "fault":
                self._add_fault(somebody)
            elif trouble != "none":
                stack.enter_context(getattr(self, f"_{trouble}")())
            try:
                row = self.run_quietly(somebody)
            except Crash:
                self.say("crashed")
            else:
                self.say("rests" if row is None else f"{row.kind} {row.counts} {row.error_code} {row.error_detail}")
                assert row is None or row.error_code != "internal", row.error_detail
        self.simulator.control.clear_faults()

    def run_quietly(self, somebody: Somebody) -> Run | None:
        assert somebody.mailbox is not None
        with self.present(), watched(self.offences):
            return wiring.run_mailbox(somebody.mailbox.pk)

    def _add_fault(self, somebody: Somebody) -> None:
        fault = self.random.choice(FAULTS)
        after = self.random.choice((0, 0, 0, 1, 2, 4))
        self.simulator.control.add_fault(
            **fault, after=after, mailbox=None if "batch" in str(fault) else somebody.user.email
        )
        self.say(f"{fault} after {after}")

    @contextmanager
    def _sql(self) -> Iterator[None]:
        countdown = [self.random.choice((self.random.randrange(1, 40), self.random.randrange(1, 120)))]
        before = self.random.random() < 0.5

        def strike() -> None:
            countdown[0] -= 1
            if countdown[0] == 0:
                raise Crash

        with statements(strike, before=before):
            yield

    @contextmanager
    def _http(self) -> Iterator[None]:
        countdown = [self.random.choice((1, 2, 2, 3, 4, 5, 7, 10))]
        before = self.random.random() < 0.4

        def strike(request: Request) -> None:
            countdown[0] -= 1
            if countdown[0] == 0:
                self.say(f"{request.method} {request.path[-20:]}")
                raise Crash(request.path)

        with requests(strike, before=before):
            yield

    @contextmanager
    def _meanwhile(self) -> Iterator[None]:
        """People go on editing between two requests of the run."""
        countdown = [self.random.choice((1, 2, 2, 3, 4, 5, 7))]

        def edit(request: Request) -> None:
            countdown[0] -= 1
            if countdown[0] == 0 and not connection.in_atomic_block:
                for _ in range(self.random.choice((1, 1, 2))):
                    name = self.random.choice(EDITS)
                    self.say(f"| before {request.method} {request.path[-24:]}: {name}")
                    with suppress(Refusal):
                        getattr(self, name)()
                self.say("|")

        with requests(edit, before=True):
            yield

    # -- coming to rest

    def settle(self, rounds: int = 14) -> None:
        """Run every mailbox until nothing is written any more."""
        ids = [somebody.mailbox.pk for somebody in self.enabled if somebody.mailbox is not None]
        for _ in range(rounds):
            latest = Mailbox.objects.filter(pk__in=ids).aggregate(Max("not_before"))["not_before__max"]
            self.tick(minutes=11)
            self.now = max(self.now, latest + timedelta(seconds=1) if latest else self.now)
            rows = [self._settled(somebody) for somebody in self.enabled]
            if not any(row.written for row in rows) and not ActivityHint.objects.filter(mailbox__in=ids).exists():
                return
        raise AssertionError("the mailboxes do not come to rest")

    def _settled(self, somebody: Somebody) -> Run:
        row = self.run_quietly(somebody)
        assert row is not None, f"{somebody.user} rests"
        self.log.append(f"{self.now:%d.%H:%M:%S} settle {somebody.user} {row.kind} {row.counts} {row.skipped}")
        assert (row.error_code, row.finished) == ("", True), (row.error_code, row.error_detail)
        return row

    def read_everything(self) -> None:
        Mailbox.objects.filter(user__company=self.company).update(full_wanted=True)
        self.settle()
