"""The command line and the status page."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from almanakka import cli
from almanakka.accounts.models import User
from almanakka.activities.models import Activity
from almanakka.calendars import commands, remotes
from almanakka.calendars.models import Connection, Hold, Mailbox, Run
from almanakka.database import encryption
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied, Throttled

NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
HOUR = Timed(NINE, NINE + timedelta(hours=1))


@pytest.fixture
def outlook(aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    with remotes.open_calendar(aino_box):
        calendar = calendars[aino_box.remote_id]
    calendar.put(Entry("Kehityskeskustelu", HOUR))
    return calendar


# --- the command ---------------------------------------------------------------------------------


def test_help_is_quick_and_starts_nothing() -> None:
    code = (
        "import sys\nfrom almanakka import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'django', 'psycopg', 'requests'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("serve", "worker", "migrate", "doctor", "preview", "sync", "demo"):
        assert name in done.stdout


def test_a_wrong_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["dance"])
    assert exit_.value.code == 2


@pytest.mark.django_db
def test_migrating_twice_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["migrate"]) == 0


# --- sync and preview ----------------------------------------------------------------------------


def test_sync_runs_one_mailbox(outlook: MemoryCalendar, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sync", "Aino@Kuura.example"]) == 0
    assert "created_here: 1" in capsys.readouterr().out
    assert cli.main(["sync", "aino@kuura.example", "--full"]) == 0
    assert [run.kind for run in Run.objects.order_by("number")] == ["first", "full"]


def test_b2_an_emptied_mailbox_waits_until_the_deletions_are_confirmed(
    outlook: MemoryCalendar, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [outlook.put(Entry(f"Entry {number}", HOUR)) for number in range(15)]
    assert cli.main(["sync", "aino@kuura.example"]) == 0
    for id in ids:
        outlook.remove(id)
    assert cli.main(["sync", "aino@kuura.example"]) == 0
    assert (Activity.objects.count(), Hold.objects.count()) == (16, 15)
    capsys.readouterr()
    assert cli.main(["sync", "aino@kuura.example", "--confirm-deletions"]) == 0
    assert "deletions confirmed: 15" in capsys.readouterr().out
    assert (Activity.objects.count(), Hold.objects.count()) == (1, 0)


@pytest.mark.parametrize("email", ["eero@kuura.example", "nobody@kuura.example"])
def test_sync_refuses_where_it_is_off(
    aino_box: Mailbox, eero: User, email: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sync", email]) == 1
    assert capsys.readouterr().err
    assert not Run.objects.exists()


def test_sync_refuses_where_the_company_has_it_off(
    aino_box: Mailbox, link: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    Connection.objects.update(enabled=False)
    assert cli.main(["sync", "aino@kuura.example"]) == 1
    assert "The company does not have Microsoft Exchange on." in capsys.readouterr().err


def test_sync_tells_what_went_wrong(outlook: MemoryCalendar, capsys: pytest.CaptureFixture[str]) -> None:
    outlook.faults.append(Fault("listing", Throttled(60)))
    assert cli.main(["sync", "aino@kuura.example"]) == 1
    assert "Microsoft asks us to wait" in capsys.readouterr().err
    assert cli.main(["sync", "aino@kuura.example"]) == 1
    assert "rests because Microsoft asked it to" in capsys.readouterr().err


def test_a_preview_masks_titles_and_writes_nothing(outlook: MemoryCalendar, capsys: pytest.CaptureFixture[str]) -> None:
    """B3."""
    assert cli.main(["preview", "aino@kuura.example"]) == 0
    shown = capsys.readouterr().out
    assert "K•••" in shown
    assert "Kehitys" not in shown
    assert "created_here: 1" in shown
    assert not Run.objects.exists()


def test_a_preview_of_an_unproven_address_is_refused(
    eero: User, link: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """S12: nobody looks into a calendar that its holder has not proven to be theirs."""
    assert cli.main(["preview", "eero@kuura.example"]) == 1
    assert "The address eero@kuura.example has not been confirmed" in capsys.readouterr().err


# --- the keys -------------------------------------------------------------------------------------


def test_keys_that_others_can_read_are_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    monkeypatch.setattr(encryption, "data_directory", lambda: tmp_path)
    made = encryption.keys()
    assert encryption.keys() == made
    path = tmp_path / encryption.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(Exception, match="can be read by others"):
        encryption.keys()


# --- the status page -----------------------------------------------------------------------------


def test_the_status_page_tells_numbers_and_nothing_of_anybody(
    client: Client, outlook: MemoryCalendar, aino: User, link: Connection
) -> None:
    """B11."""
    cli.main(["sync", "aino@kuura.example"])
    Hold.objects.create(mailbox=Mailbox.objects.get(), item="event:x", reason="unrepresentable", title="Salaisuus")
    page = client.get("/status")
    assert page.status_code == 200
    text = page.content.decode()
    assert "first synchronisation" in text
    assert page.context["people"] == User.objects.count()
    assert page.context["mailboxes"]["on"] == page.context["holds"] == page.context["pairs"] == 1
    for private in ("Aino", "aino@", "Kehityskeskustelu", "Salaisuus", "Kuura", "s3cret"):
        assert private not in text


def test_the_status_page_says_what_is_wrong(client: Client, outlook: MemoryCalendar) -> None:
    outlook.faults.append(Fault("listing", Denied("HTTP 403", "mailbox_denied")))
    cli.main(["sync", "aino@kuura.example"])
    assert "but not this one" in client.get("/status").content.decode()


def test_the_status_page_says_what_is_wrong_with_a_whole_server(client: Client, link: Connection) -> None:
    Connection.objects.update(error_code="server_unreachable")
    assert "The Exchange Server does not answer." in client.get("/status").content.decode()


@pytest.mark.django_db
def test_the_status_page_of_an_empty_installation(client: Client) -> None:
    assert "Nothing has been synchronised yet." in client.get("/status").content.decode()
    assert client.post("/status").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("fi", "Kalenterisynkronointi"), ("sv", "Kalendersynkronisering")])
def test_the_status_page_speaks_the_readers_language(client: Client, language: str, word: str) -> None:
    assert word in client.get("/status", headers={"Accept-Language": language}).content.decode()


def test_a_mask_shows_a_letter_at_most() -> None:
    assert commands.mask("Salaisuus") == "S•••"
    assert commands.mask("") == "(no title)"


def test_the_worker_wants_something_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["worker", "--concurrency", "0"]) == 1


def test_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's day: that date, at this time of day."""
    from almanakka.calendars import clock

    context: Callable[[], datetime] = clock.now
    monkeypatch.setenv(clock.VARIABLE, "2020-02-29")
    token = clock._fixed.set(None)
    try:
        assert context().date().isoformat() == "2020-02-29"
        monkeypatch.delenv(clock.VARIABLE)
        assert abs(context().timestamp() - time.time()) < 60
    finally:
        clock._fixed.reset(token)
