"""My profile > Calendar sync, Home and the sections, as requests: only ever about oneself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import remotes, triggers, wiring
from almanakka.calendars.models import Connection, Mailbox, Pair
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied
from visits import text

PAGE = "/profile/calendar-sync/"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = NOW + timedelta(days=1)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, calendars: dict[str, MemoryCalendar]) -> None:
    """Everybody's mailbox is found by their address."""
    monkeypatch.setattr(
        remotes, "find", lambda link, address: remotes.Found(f"box-of-{address}", None, frozenset({address}))
    )


def prove(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def jobs() -> int:
    return int(ProcrastinateJob.objects.filter(task_name=triggers.TASK, status="todo").count())


# --- switching on and off ------------------------------------------------------------------------


def test_s3_each_switches_it_on_for_themselves(as_aino: Client, aino: User, link: Connection, found: None) -> None:
    prove(aino)
    assert "Switch on for me" in text(as_aino.get(PAGE))
    assert as_aino.post(f"{PAGE}on").status_code == 302
    assert list(Mailbox.objects.values_list("user", "enabled")) == [(aino.pk, True)]
    assert "Switch off for me" in text(as_aino.get(PAGE))
    as_aino.post(f"{PAGE}off")
    assert not Mailbox.objects.get().enabled


def test_s3_nobody_switches_it_on_for_another(
    as_aino: Client, aino: User, eero: User, link: Connection, found: None
) -> None:
    """The server takes no name from the request at all, an administrator's either."""
    prove(eero)
    as_aino.post(f"{PAGE}on", {"user": str(eero.pk), "email": eero.email})
    assert not Mailbox.objects.filter(user=eero).exists()


def test_s12_an_unproved_address_opens_nothing(as_aino: Client, aino: User, link: Connection, found: None) -> None:
    page = text(as_aino.get(PAGE))
    assert "Switch on for me" not in page
    assert "Send me the link" in page
    refused = as_aino.post(f"{PAGE}on")
    assert refused.status_code == 409
    assert 'role="alert"' in text(refused)
    assert not Mailbox.objects.exists()


def test_s12_a_link_in_a_mail_proves_an_address(as_aino: Client, aino: User, link: Connection, found: None) -> None:
    as_aino.post(f"{PAGE}prove")
    (letter,) = mail.outbox
    assert letter.to == [aino.email]
    address = next(word for word in letter.body.split() if "/accounts/confirm-email/" in word)
    as_aino.post(address[address.index("/accounts/") :])
    assert EmailAddress.objects.get(user=aino).verified
    assert as_aino.post(f"{PAGE}on").status_code == 302


def test_s5_nothing_can_be_switched_on_before_the_company(as_aino: Client, aino: User, company: Company) -> None:
    prove(aino)
    assert "An administrator connects the company" in text(as_aino.get(PAGE))
    assert as_aino.post(f"{PAGE}on").status_code == 409


def test_a_refusal_is_told_in_plain_words(
    as_aino: Client, aino: User, link: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(aino)

    def denied(*_: Any) -> None:
        raise Denied("HTTP 403", "mailbox_denied")

    monkeypatch.setattr(remotes, "find", denied)
    told = as_aino.post(f"{PAGE}on")
    assert told.status_code == 409
    assert "but not this one" in text(told)
    assert "403" not in text(told)


# --- preview, progress, history ------------------------------------------------------------------


def test_b3_the_preview_lists_entries_and_writes_nothing(
    as_aino: Client, aino: User, link: Connection, found: None, calendars: dict[str, MemoryCalendar]
) -> None:
    prove(aino)
    calendar = calendars.setdefault(f"box-of-{aino.email}", MemoryCalendar(prefix=f"box-of-{aino.email}"))
    calendar.put(Entry("Kehityskeskustelu", Timed(NINE, NINE + timedelta(hours=1))))
    page = text(as_aino.get(f"{PAGE}preview"))
    assert "Kehityskeskustelu" in page
    assert "comes from Microsoft and becomes an activity" in page
    assert not Pair.objects.exists()
    assert not Mailbox.objects.exists()


def test_progress_is_told_until_the_first_run_has_ended(
    as_aino: Client, aino: User, aino_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    assert "every 2s" in text(as_aino.get(f"{PAGE}status"))
    wiring.run_mailbox(aino_box.pk)
    told = text(as_aino.get(f"{PAGE}status"))
    assert "every 2s" not in told
    assert "In step" in told


def test_b4_the_history_can_be_searched_and_is_ones_own(
    as_aino: Client,
    aino: User,
    eero: User,
    aino_box: Mailbox,
    eero_box: Mailbox,
    calendars: dict[str, MemoryCalendar],
) -> None:
    for box in (aino_box, eero_box):
        with remotes.open_calendar(box):
            calendars[box.remote_id].put(
                Entry(f'Ääkkösiä "{box.user.full_name}" (100 %)', Timed(NINE, NINE + timedelta(hours=1)))
            )
        wiring.run_mailbox(box.pk)
    page = text(as_aino.get(f"{PAGE}history"))
    assert "Aino Kuura" in page
    assert "Eero Kuura&quot;" not in page
    assert "it is new in Microsoft" in page
    for wanted, there in (("ääkkösiä", True), ('"aino', True), ("(100 %", True), ("notes", False), ("muuta", False)):
        assert ("Added to Almanakka" in text(as_aino.get(f"{PAGE}history", {"q": wanted}))) is there, wanted


# --- everybody else ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "status", "preview", "history"])
def test_whoever_is_signed_out_is_asked_to_sign_in(client: Client, db: None, path: str) -> None:
    answer = client.get(f"{PAGE}{path}")
    assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/")


@pytest.mark.parametrize("path", ["on", "off", "now", "waiting/decide", "prove", "code", "code/enter"])
def test_nothing_is_done_without_a_token_or_by_a_link(aino: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(aino)
    assert strict.post(f"{PAGE}{path}").status_code == 403
    assert strict.get(f"{PAGE}{path}").status_code == 405


def test_scripts_in_a_title_stay_text(as_aino: Client, aino: User, types: dict[str, ActivityType]) -> None:
    start = NOW + timedelta(hours=2)
    draft = Draft(
        type_id=types["meeting"].pk,
        owner_id=aino.pk,
        name="<script>alert(1)</script>",
        start=start,
        end=start + timedelta(hours=1),
    )
    changes.create(aino.company_id, draft, Origin(edited_at=NOW))
    page = as_aino.get("/")
    assert "<script>alert" not in text(page)
    assert "&lt;script&gt;alert(1)" in text(page)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


# --- sections (S17) ------------------------------------------------------------------------------


def test_s17_moving_between_sections_starts_a_synchronisation(as_aino: Client, aino_box: Mailbox) -> None:
    for path, triggered in (("/", True), ("/activities/", True), ("/activities/new", False), ("/projects/", True)):
        Mailbox.objects.update(due_at=None)
        as_aino.get(path)
        aino_box.refresh_from_db()
        assert (aino_box.due_at is not None) is triggered, path
        assert jobs() == 1


def test_s17_the_browser_remembers_the_section_and_nothing_is_written_for_it(
    as_aino: Client, aino_box: Mailbox
) -> None:
    as_aino.get("/calendar/")
    with CaptureQueriesContext(connection) as made:
        answer = as_aino.get("/projects/")
    cookie = answer.cookies["section"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("projects", True, "Lax", "")
    assert not [each["sql"] for each in made if "UPDATE django_session" in each["sql"]]
    assert "section" not in as_aino.get("/projects/").cookies
    assert "section" not in Client().get("/projects/").cookies


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/profile/calendar-sync/status", {"HX-Request": "true"}),
        ("/calendar/items?start=2026-01-01&end=2026-01-08", {"Sec-Fetch-Dest": "empty"}),
        ("/projects/", {"Sec-Purpose": "prefetch"}),
        ("/status", {}),
        ("/nowhere", {}),
    ],
)
def test_s17_what_nobody_sees_starts_nothing(
    as_aino: Client, aino_box: Mailbox, path: str, headers: dict[str, str]
) -> None:
    as_aino.get(path, headers=headers)
    aino_box.refresh_from_db()
    assert aino_box.due_at is None


def test_home_shows_two_days_and_costs_the_same_whatever_there_is(
    as_aino: Client, aino: User, aino_box: Mailbox, types: dict[str, ActivityType]
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert as_aino.get("/").status_code == 200
        return len(made)

    def fill(number: int) -> None:
        for each in range(number):
            start = NOW + timedelta(hours=1, minutes=each)
            draft = Draft(type_id=types["meeting"].pk, owner_id=aino.pk, name=f"Asia {each}", start=start, end=start)
            changes.create(aino.company_id, draft, Origin(edited_at=NOW))

    as_aino.get("/")
    fill(1)
    few = statements()
    fill(30)
    assert statements() == few
    assert "Asia 29" in text(as_aino.get("/"))


def test_pages_speak_the_persons_language(as_aino: Client, aino: User) -> None:
    aino.language = "fi"
    aino.save()
    page = as_aino.get("/", headers={"Accept-Language": "sv"})
    assert '<html lang="fi">' in text(page)
    assert page.headers["Content-Language"] == "fi"
