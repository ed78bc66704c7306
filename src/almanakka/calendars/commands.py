"""What the commands of ``almanakka`` do: results on standard output, progress and complaints on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from almanakka.accounts.models import User
from almanakka.calendars import holds, report, schedule, switching, triggers, wiring
from almanakka.calendars.doctor import examine, examine_person
from almanakka.calendars.models import Connection, Mailbox, Run
from almanakka.calendars.sentences import sentence
from almanakka.calendars.switching import Refused
from almanakka.database import idle
from almanakka.sync.errors import CalendarError
from almanakka.sync.preview import Preview

out = Console(highlight=False)
aside = Console(stderr=True, highlight=False)


def migrate() -> int:
    """Bring the database up to date."""
    call_command("migrate", interactive=False)
    return 0


def worker(concurrency: int) -> int:
    """Work until told to stop."""
    from almanakka.calendars.worker import work

    if concurrency < 1:
        return _complain("A worker needs to run at least one mailbox at a time.")
    if not _migrated():
        return 1
    aside.print(f"Synchronising, {concurrency} mailboxes at a time. Ctrl-C stops.")
    work(concurrency)
    return 0


def serve(host: str, port: int, workers: int) -> int:
    """Serve the web application: by gunicorn, or while developing by Django's own server."""
    if not _migrated():
        return 1
    if settings.DEBUG:
        call_command("runserver", f"{host}:{port}", use_reloader=False)
        return 0
    from almanakka.calendars.server import Server

    connection.close()  # the processes that are forked must not share it
    with idle.bounded():
        Server(f"{host}:{port}", workers).run()
    return 0


def doctor(email: str | None, *, everything: bool, as_json: bool, language: str | None) -> int:
    """Examine everything, or what one person's mailbox needs; 1 if something is ill."""
    with translation.override(report.language(language)):
        if email is None:
            findings = examine(everything=everything)
        elif not _migrated():
            return 1
        elif (user := _user(email)) is None:
            return _complain(f"Nobody has the e-mail address {email}.")
        else:
            findings = examine_person(user)
        if not as_json:
            return 0 if report.show(findings, out) else 1
        text, well = report.as_json(findings)
        print(text)
        return 0 if well else 1


def preview(email: str) -> int:
    """Show what a synchronisation would do; titles are masked, for they are somebody else's."""
    user = _user(email)
    if user is None:
        return _complain(f"Nobody has the e-mail address {email}.")
    try:
        with _progress(f"Reading the calendar of {email}"):
            mailbox = wiring.mailbox_of(user)
            enabled = mailbox is not None and mailbox.enabled
            plan = wiring.preview(mailbox if mailbox is not None and enabled else switching.candidate(user))
    except (Refused, CalendarError) as error:
        return _refuse(error)
    _show(plan)
    return 0


def sync(email: str, *, full: bool = False, confirm_deletions: bool = False) -> int:
    """Synchronise one person's mailbox here and now; refuses where that person has it off.

    ``confirm_deletions`` passes on that person's yes to the deletions that an earlier run held back (B2).
    """
    user = _user(email)
    if user is None:
        return _complain(f"Nobody has the e-mail address {email}.")
    found = Mailbox.objects.filter(user=user, enabled=True).select_related("connection").first()
    if found is None:
        return _refuse(Refused("switched_off"))
    if not found.connection.enabled:
        return _refuse(Refused("company_off"))
    if found.connection.refused_at is not None:
        return _refuse(Refused(found.connection.error_code))
    schedule.wake(found.pk)
    if full:
        Mailbox.objects.filter(pk=found.pk).update(full_wanted=True)
    if confirm_deletions:
        out.print(f"deletions confirmed: {holds.confirm_deletions(found.pk)}")
    with _progress(f"Synchronising {email}") as advance:
        row = wiring.run_mailbox(found.pk, progress=advance)
    if row is None:
        triggers.nudge([found.pk])
        return _complain("The mailbox is being synchronised already, or rests because Microsoft asked it to.")
    return _report(row)


def move(email: str, kind: str, *, gaps: bool = False) -> int:
    """Go on with one person's calendar behind the company's connection of another kind (B12)."""
    user = _user(email)
    if user is None:
        return _complain(f"Nobody has the e-mail address {email}.")
    connection = Connection.objects.filter(company=user.company, kind=kind, enabled=True).first()
    if connection is None:
        return _refuse(Refused("company_off"))
    try:
        mailbox = switching.move(user, connection, acting=None, gaps=gaps)
    except (Refused, CalendarError) as error:
        return _refuse(error)
    out.print(f"{mailbox.address}: {connection.get_kind_display()}", markup=False)
    return 0


# --- inside --------------------------------------------------------------------------------------


def mask(title: str) -> str:
    """Enough of a title to know it again by, and no more."""
    return f"{title[:1]}•••" if title else "(no title)"


def _user(email: str) -> User | None:
    found: User | None = User.objects.filter(email=email.strip().lower()).select_related("company").first()
    return found


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _complain("The database is not up to date. Run: almanakka migrate")
        return False
    return True


def _complain(text: str) -> int:
    aside.print(text, style="red", soft_wrap=True)
    return 1


def _refuse(error: Refused | CalendarError) -> int:
    details = error.details if isinstance(error, Refused) else {}
    for part in sentence(error.code).told(**details):
        aside.print(part, style="red", soft_wrap=True)
    return 1


def _show(plan: Preview) -> None:
    table = Table("action", "title", "reason", title="What a synchronisation would do")
    for action, title, reason in plan.items:
        table.add_row(action, mask(title), reason)
    out.print(table)
    for name, number in {**plan.counts, **{f"skipped: {why}": n for why, n in plan.skipped.items()}}.items():
        out.print(f"{name}: {number}", markup=False)


def _report(row: Run) -> int:
    for name, number in {**row.counts, **{f"skipped: {why}": n for why, n in row.skipped.items()}}.items():
        out.print(f"{name}: {number}", markup=False)
    out.print(f"requests: {row.requests}")
    if row.error_code:
        for part in sentence(row.error_code).told(address="", addresses=""):
            aside.print(part, style="red", soft_wrap=True)
        return 1
    return 0


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, moved by the function that this yields: (done, of how many)."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=aside, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
