"""`almanakka demo`: the whole product with simulated people, once or until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from almanakka.database.installation import ServerUnavailable
from almanakka.demo import place, tenant, window
from almanakka.demo.brought import Brought
from almanakka.demo.scenario.people import ZONE
from almanakka.ics import entries

if TYPE_CHECKING:
    from almanakka.demo.company import Cast
    from almanakka.demo.play import Stage
    from almanakka.demo.report import Report

#: What the simulator can be (facts: ews §1.1).
EXCHANGE_VERSIONS = ("2007", "2010", "2013", "2016", "2019", "SE")
#: More people than this make a demo that nobody waits for.
MOST_PEOPLE = 500
#: What a newcomer can do by hand.
NEXT = """
Go the whole way yourself:
1. As {boss}: Settings > Microsoft Exchange > Grant permissions. Your browser warns of the simulated Microsoft's
   certificate, which is made anew for each demo: go on, choose the administrator, accept. Back here, enable it.
2. As {person}: own name > Calendar sync > Send me the link. Open it from the mail (below), preview, switch on.
3. Move an entry in the calendar, and see it moved in the simulated mailbox (below).
Mail that was sent, and everybody's calendar in the simulated Microsoft: {outside}
"""
#: A few years before, countries that share a Windows time zone today had clocks of their own.
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


def main(argv: list[str]) -> int:
    """Run the demo; 0 if both sides agree, 1 if not, 2 for wrong arguments. Says what is wrong on standard error."""
    options = _options(argv)
    console = Console(stderr=True)
    try:
        brought = [_read(Path(name)) for name in options.calendar]
    except OSError as error:
        console.print(
            f"almanakka demo: {error.filename} cannot be read: {error.strerror}", markup=False, soft_wrap=True
        )
        return 2
    today = options.today or _middle(brought)
    _heed_termination()
    try:
        with redirect_stdout(sys.stderr), place.prepared(today) as folder, tenant.running(folder) as control:
            stages, report = _play(options, folder, control, brought, console)
            _tell(report, console, sys.__stdout__ if options.json else None)
            if not options.once:
                _serve(options.port, folder, stages, console)
    except (tenant.TenantFailed, ServerUnavailable) as failure:
        console.print(f"almanakka demo: {failure}", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    return 1 if report.problems() else 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("almanakka demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="compare both sides, print a summary and stop")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object on standard output")
    parser.add_argument("--people", type=_number, default=5, metavar="N", help="how many people in either company (5)")
    parser.add_argument(
        "--exchange-version",
        choices=EXCHANGE_VERSIONS,
        default="2019",
        metavar="VERSION",
        help=f"which Exchange Server the second company has: {', '.join(EXCHANGE_VERSIONS)} (2019)",
    )
    parser.add_argument(
        "--calendar", action="append", default=[], metavar="FILE.ics", help="a calendar for somebody's mailbox"
    )
    parser.add_argument(
        "--today", type=_day, metavar="DATE", help="the day it is (today, or the middle of the calendar)"
    )
    parser.add_argument("--port", type=int, default=8000, help="where the web application is served (8000)")
    return parser.parse_args(argv)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write the day as year-month-day, such as 2026-11-22") from None
    if not EARLIEST <= day <= LATEST:
        raise argparse.ArgumentTypeError(f"from {EARLIEST} to {LATEST}")
    return day


def _middle(brought: list[Brought]) -> date | None:
    """Return the middle of the first calendar that has one, so that old calendars fall inside S15."""
    middle = next((each.calendar.middle for each in brought if each.calendar.middle), None)
    return None if middle is None else min(max(middle, EARLIEST), LATEST)


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST_PEOPLE}")
    return number


def _read(path: Path) -> Brought:
    return Brought(path, entries.read(path.read_bytes(), ZONE))


def _heed_termination() -> None:
    """Make SIGTERM end everything in order too, as Ctrl-C does, which a shell's background would have us ignore."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)


def _play(
    options: argparse.Namespace, folder: Path, control: tenant.Control, brought: list[Brought], console: Console
) -> tuple[list[Stage], Report]:
    from almanakka.demo import play  # models can be imported only now
    from almanakka.demo.report import Report

    report = Report()
    with _bars(console) as tell:
        stages = play.set_up(control, options.people, options.exchange_version, brought, tell, report)
        for act in (play.count, play.first_runs, play.count_arrived, play.second_runs):
            for stage in stages:
                act(stage)
        for stage in stages:
            play.compare(stage, "after the first runs")
        play.edit_both_sides(stages, place.process(folder, "worker"), report)
        for stage in stages:
            play.compare(stage, "after the edits")
        play.move_to_cloud(stages[-1])
        play.compare(stages[-1], "after the move")
    report.mails_sent = control.mails_caused_by_clients()
    report.held = [each for stage in stages for each in play.held(stage)]
    return stages, report


def _tell(report: Report, console: Console, output: TextIO | None) -> None:
    """Show the summary and every problem to people, and the JSON to ``output`` if there is one."""
    report.show(console)
    for problem in report.problems():
        console.print(problem, markup=False, highlight=False, soft_wrap=True)
    if output is not None:
        output.write(json.dumps(report.to_json(), indent=2) + "\n")
        output.flush()


@contextmanager
def _bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}

        def tell(name: str, done: int, of: int) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=of)
            progress.update(bars[name], completed=done, total=of)

        yield tell


def _serve(port: int, folder: Path, stages: list[Stage], console: Console) -> None:
    """Leave everything running, with the web application and a company that is new to it, until Ctrl-C."""
    from almanakka.demo import newcomers

    control, casts = stages[0].control, [stage.cast for stage in stages]
    letters = folder / "mail"
    letters.mkdir()
    os.environ["ALMANAKKA_MAIL_DIR"] = str(letters)
    new = newcomers.moved_in(control, port, casts[0].password)
    addresses = [user.email for cast in (new, *casts) for user in (cast.administrator, *cast.members)]
    with (
        window.opened(window.Window(control, letters, addresses)) as outside,
        place.process(folder, "worker"),
        place.process(folder, "serve", "--port", str(port)) as web,
    ):
        place.wait_for(port, web)
        console.print(f"\nThe web application: http://127.0.0.1:{port}\nSign in with the password {new.password} as")
        for cast in casts:
            console.print(f"{cast.company.name}, {cast.mailboxes[0].connection.get_kind_display()}:")
            _list(cast, console)
        console.print(f"{new.company.name}, not connected yet:")
        _list(new, console)
        told = NEXT.format(boss=new.administrator.email, person=new.members[0].email, outside=outside)
        console.print(told, markup=False, soft_wrap=True)
        console.print(f"The simulated Microsoft: {control.base_url}\nCtrl-C stops everything.")
        try:
            web.wait()
        except KeyboardInterrupt:
            console.print("Stopping.")
        else:
            console.print(_last_words(folder / "serve.log"), markup=False, soft_wrap=True)


def _list(cast: Cast, console: Console) -> None:
    for user in (cast.administrator, *cast.members):
        console.print(f"  {user.email}  ({user.full_name}{', administrator' if user.is_administrator else ''})")


def _last_words(log: Path) -> str:
    return "The web application has ended:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-5:])
