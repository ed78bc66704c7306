"""The scenes: something goes wrong with real processes, and both sides agree again by themselves."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity
from almanakka.activities.values import Origin
from almanakka.calendars import clock, schedule, tasks, triggers, wiring, worker
from almanakka.calendars import lease as leases
from almanakka.calendars.models import Hold, Mailbox, Run
from almanakka.database import server
from almanakka.demo.scenario import activities

from .crew import PATIENCE, Process
from .installation import Installation
from .killed import again, wait_until
from .script import sketch

#: How long a request is held up on its way, in seconds: longer than a scene lasts.
HELD_UP = 600
FILLER = "filler"
LETTERS = "abcdefghijklmnopqrstuvwxyzåäö0123456789"


class Stage:
    """The installation, with the processes of one scene."""

    def __init__(self, installation: Installation, logs: Path) -> None:
        self.installation = installation
        self.logs = logs
        self.control = installation.control
        self.folder = installation.folder
        self.crew: list[Process] = []
        self.serial = 0

    # -- processes

    def process(self, name: str, *command: str, spoken: bool = False) -> Process:
        found = Process(self.folder, name, command, spoken=spoken, logs=self.logs)
        self.crew.append(found)
        return found

    def worker(self, name: str) -> Process:
        """A worker that has begun to work."""
        before = self._workers()
        found = self.process(name, "-m", "almanakka.cli", "worker", "--concurrency", "3")
        wait(lambda: self._workers() - before, "the worker does not begin")
        return found

    def _workers(self) -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM procrastinate_workers")
            return {id for (id,) in cursor.fetchall()}

    # -- people

    @property
    def members(self) -> list[User]:
        return list(self.installation.cast.members)

    def box(self, user: User) -> Mailbox:
        return Mailbox.objects.get(user=user)

    def create(self, user: User) -> UUID:
        self.serial += 1
        title = f"Scene {os.getpid()} {self.serial} {time.monotonic_ns()}"
        told = {"title": title, "location": "", "day": (self.today + timedelta(days=3)).isoformat(), "at": "10:00",
                "weekly": False, "token": title}  # fmt: skip
        kind = self.installation.cast.kinds[activities.MEETING.name]
        draft = sketch(told).draft(kind, user.pk)
        changes.create(user.company_id, draft, self._origin(user))
        return draft.id

    def rename(self, user: User, activity: UUID, name: str) -> None:
        changes.change(activity, None, {"name": name}, self._origin(user))

    def remove(self, user: User, activity: UUID) -> None:
        changes.remove(activity, None, self._origin(user))

    def _origin(self, user: User) -> Origin:
        return Origin(edited_at=clock.now(), by=user.pk)

    @property
    def today(self) -> date:
        return self.installation.today

    # -- both sides

    def there(self, user: User) -> list[str]:
        return sorted(event["subject"] for event in self.control.dump(user.email)["events"])

    def here(self, user: User) -> list[str]:
        return sorted(Activity.objects.filter(owner=user).values_list("name", flat=True))

    def agree(self) -> bool:
        return all(again(lambda user=user: self.here(user)) == self.there(user) for user in self.members)  # type: ignore[misc]

    def settle(self) -> None:
        """Wait until both sides agree and nobody is busy; nothing may be held, doubled or mailed."""
        wait(lambda: self.agree() and not again(self.installation.busy), "both sides do not come to agree")
        for user in self.members:
            assert len(set(self.there(user))) == len(self.there(user)), self.there(user)
        assert not Hold.objects.exists()
        assert self.control.mails_caused_by_clients() == 0
        assert not Run.objects.filter(error_code="internal").exists()

    def hold_up(self, user: User, method: str, path: str = "/events", seconds: float = HELD_UP) -> None:
        """Hold up the next such request to somebody's calendar on its way."""
        self.control("add_fault", kind="slow", method=method, path=path, mailbox=user.email, seconds=seconds)

    def is_held_up(self) -> bool:
        return any(fault["fired"] and fault["kind"] == "slow" for fault in self.control("list_faults")["faults"])


@contextmanager
def stage(installation: Installation, logs: Path) -> Iterator[Stage]:
    """A scene; at its end its processes are dead and its faults are off."""
    found = Stage(installation, logs)
    try:
        yield found
    finally:
        for process in found.crew:
            if process.running.poll() is None:
                process.kill()
        installation.control("clear_faults")


def wait(holds: Callable[[], object], complaint: str, seconds: float = PATIENCE) -> float:
    """Wait for something; the seconds that it took."""
    began = time.monotonic()
    assert wait_until(lambda: bool(again(holds)), seconds), complaint
    return time.monotonic() - began


def _state(process: Process) -> str:
    return Path(f"/proc/{process.running.pid}/stat").read_text().rpartition(")")[2].split()[0]


# --- the scenes ----------------------------------------------------------------------------------


def late_writes(stage: Stage) -> dict[str, Any]:
    """A run sleeps over its lease in the middle of a write; another takes over; the late write does no harm."""
    user = stage.members[0]
    box = stage.box(user)
    late = stage.process("late", "-m", "processes.late", spoken=True)
    ends = {}
    for write in ("create", "update", "delete"):
        for moment in ("before", "after"):
            activity = None
            if write != "create":
                activity = stage.create(user)
                assert wiring.run_mailbox(box.pk) is not None
            match write:
                case "create":
                    activity = stage.create(user)
                case "update":
                    stage.rename(user, activity, f"Written late {moment}")
                case "delete":
                    stage.remove(user, activity)
            late.send(f"{box.pk} {write} {moment}")
            wait(lambda: _state(late) == "T", f"{write} is not reached")
            assert wiring.run_mailbox(box.pk) is None, "the mailbox is not leased"
            with clock.stopped_at(clock.now() + leases.TERM + timedelta(seconds=1)):
                if write != "delete":
                    stage.rename(user, activity, f"Written by the other {write} {moment}")
                row = wiring.run_mailbox(box.pk)
                assert row is not None
                assert row.error_code == "", row.error_detail
            assert stage.agree(), (stage.here(user), stage.there(user))
            os.kill(late.running.pid, signal.SIGCONT)
            ends[f"{write} {moment}"] = late.answer()
            assert stage.agree(), (write, moment, stage.here(user), stage.there(user))
            row = wiring.run_mailbox(box.pk)
            assert row is not None
            assert (row.error_code, row.written) == ("", 0), (write, moment, row.error_code, row.counts)
    assert set(ends.values()) == {"lease_lost"}, ends
    assert len(set(stage.there(user))) == len(stage.there(user))
    return {"ends": ends}


def dead_and_paused_workers(stage: Stage) -> dict[str, Any]:
    """A paused worker's mailbox is taken over, it does no harm once it goes on, and works on; a dead one's is, too."""
    user, other = stage.members[:2]
    first = stage.worker("paused")
    stage.hold_up(user, "POST")
    stage.create(user)
    wait(stage.is_held_up, "the write is not held up")
    second = stage.worker("other")
    os.killpg(first.running.pid, signal.SIGSTOP)
    lost = stage.box(user).run_no
    paused = wait(lambda: stage.box(user).run_no > lost, "the paused worker's mailbox is not taken over")
    stage.settle()
    os.killpg(first.running.pid, signal.SIGCONT)
    stage.control("clear_faults")  # what is held up already stays held up
    # the other is held up in its turn, and killed; the first has to do its work
    stage.hold_up(other, "POST")
    os.killpg(first.running.pid, signal.SIGSTOP)
    stage.create(other)
    wait(stage.is_held_up, "the write is not held up")
    os.killpg(first.running.pid, signal.SIGCONT)
    wait(lambda: _state(first) != "T", "it does not go on")
    lost = stage.box(other).run_no
    second.kill()
    dead = wait(lambda: stage.box(other).run_no > lost, "the dead worker's mailbox is not taken over")
    stage.settle()
    assert first.running.poll() is None, "the paused worker has died"
    bound = tasks.DEAD_AFTER.total_seconds() + worker.HEARTBEAT + worker.RESCUE_EVERY
    return {"paused": round(paused, 1), "dead": round(dead, 1), "bound": bound}


def clock_set_back(stage: Stage) -> dict[str, Any]:
    """A worker whose clock is a year ahead leaves a mailbox resting and one leased; at today's date both go on."""
    resting, leased = stage.members[:2]
    next_year = clock.now() + timedelta(days=365)
    os.environ[clock.VARIABLE] = next_year.date().isoformat()
    try:
        ahead = stage.worker("ahead")
        away = {"kind": "unavailable", "method": "POST", "path": "/events$", "count": None}
        stage.control("add_fault", mailbox=resting.email, **away)
        stage.create(resting)
        wait(lambda: stage.box(resting).failures, "it does not fail")
        stage.hold_up(leased, "POST")
        stage.create(leased)
        wait(stage.is_held_up, "the write is not held up")
        ahead.kill()
    finally:
        del os.environ[clock.VARIABLE]
    stage.control("clear_faults")
    boxes = [stage.box(resting), stage.box(leased)]
    assert boxes[0].not_before > clock.now() + timedelta(days=300)
    assert boxes[1].leased_until > clock.now() + timedelta(days=300)
    stage.worker("now")
    seconds = wait(stage.agree, "they wait for next year")
    stage.settle()
    assert not Mailbox.objects.filter(ran_at__gt=clock.now() + leases.SKEW).exists()
    return {"agreed": round(seconds, 1)}


def database_down(stage: Stage) -> dict[str, Any]:
    """The database is gone in the middle of a run, and comes back: the same worker goes on by itself."""
    user = stage.members[0]
    cluster = server.cluster_directory(stage.folder)
    os.environ["DATABASE_URL"] = f"postgres://postgres@/{server.DATABASE}?host={cluster}"  # nobody starts it again
    try:
        working = stage.worker("steady")
    finally:
        del os.environ["DATABASE_URL"]
    stage.hold_up(user, "POST", seconds=1.5)
    stage.create(user)
    wait(stage.is_held_up, "the write is not held up")
    connection.close()
    server.stop(stage.folder)
    wait(lambda: "database does not answer" in working.log.read_text(), "the worker does not say so")
    assert "Traceback (most" not in _plain(working.log), working.log.read_text()[-3000:]
    again(connection.ensure_connection)
    seconds = wait(stage.agree, "the worker does not go on")
    stage.settle()
    assert working.running.poll() is None, "the worker has died"
    assert Mailbox.objects.get(user=user).health == "well"
    return {"back": round(seconds, 1)}


def _plain(log: Path) -> str:
    """What our own part of the worker says; Procrastinate tells its errors with tracebacks, each in one line."""
    return "\n".join(line for line in log.read_text().splitlines() if '"logger": "almanakka' in line)


def disk_full(stage: Stage) -> dict[str, Any]:
    """The disk fills up in the middle of a run, which fails in plain words; once there is room everything goes on."""
    user = stage.members[0]
    working = stage.worker("crowded")
    stage.settle()
    for result in stage.control.load(user.email, [_big(number, stage.today) for number in range(60)]):
        assert not result.error
    stage.hold_up(user, "GET", "delta", seconds=6)
    triggers.sync_now(user)
    wait(stage.is_held_up, "the run does not read")
    filler = stage.folder / FILLER
    _fill(filler)
    wait(lambda: _failed_plainly(user, working), "the run does not fail")
    filler.unlink()
    again(lambda: triggers.sync_now(user))
    seconds = wait(stage.agree, "it does not go on")
    stage.settle()
    assert working.running.poll() is None, "the worker has died"
    assert stage.box(user).health == "well"
    assert "Traceback (most" not in _plain(working.log), working.log.read_text()[-3000:]
    return {"back": round(seconds, 1)}


def _failed_plainly(user: User, working: Process) -> bool:
    """Whether the run has failed, as its mailbox says, or as the log does where not even that could be written."""
    if "database does not do its work" in working.log.read_text():
        return True
    return Mailbox.objects.get(user=user).error_code == schedule.DatabaseAway.code


def _big(number: int, day: date) -> dict[str, Any]:
    event = sketch(
        {"title": f"Big {number}", "location": "", "day": day.isoformat(), "at": "12:00", "weekly": False, "token": ""}
    ).event()
    return {**event, "body": {"contentType": "text", "content": "".join(Random(number).choices(LETTERS, k=20_000))}}


def _fill(path: Path) -> None:
    piece = b"\0" * 65_536
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(piece):
                pass
        except OSError:
            return
