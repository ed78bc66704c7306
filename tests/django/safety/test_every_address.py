"""What nobody may do, tried on every address that the pages have: a new address is tried without being named here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import transaction
from django.test import Client

from almanakka.accounts.models import Company, User
from almanakka.activities.models import Activity, ActivityType, Project
from almanakka.calendars import remotes, switching, tenant
from almanakka.calendars.models import Connection, Mailbox
from almanakka.calendars.remotes import Proven
from almanakka.sync.errors import Unreachable

from .conftest import OURS, PAGES, House, everything

#: Numbers about the installation, and the guide.
PUBLIC = {"help", "status"}
#: What is sent to an address that takes a form.
FORM = {
    "name": "taken",
    "active": "no",
    "version": "1",
    "email": "x@y.example",
    "role": "administrator",
    "kind": "graph",
    "action_add": "",
}
NAMED = [page for page in OURS if page.ids]
METHODS = ("get", "post", "json")


def text(answer: Any) -> str:
    return b"".join(answer).decode() if answer.streaming else str(answer.content.decode())


def ask(client: Client, method: str, address: str) -> Any:
    if method == "json":
        dragged = {"version": 1, "allDay": True, "start": "2026-03-04", "end": "2026-03-05"}
        return client.post(address, json.dumps(dragged), content_type="application/json")
    return client.post(address, FORM) if method == "post" else client.get(address)


def test_there_are_addresses_to_try() -> None:
    assert len(OURS) > 40
    assert {"activity", "settings-user-active", "settings-type"} <= {page.name for page in NAMED}


# --- another company's anything -------------------------------------------------------------------


def test_nothing_of_another_company_is_reached_by_its_id(own: House, others: House) -> None:
    client = own.client(own.boss)
    before = everything()
    for page, method in product(NAMED, METHODS):
        answer = ask(client, method, page.at(**others.ids))
        assert answer.status_code in (404, 405), page
        assert others.word not in text(answer), page
        assert everything() == before, page


def test_an_id_reaches_what_is_ones_own(own: House) -> None:
    """Or the test above would pass for addresses that reach nothing at all."""
    client = own.client(own.aino)
    boss = own.client(own.boss)
    for page in NAMED:
        found = set()
        for method in METHODS:
            with rolled_back():
                found.add(ask(client, method, page.at(**own.ids)).status_code)
            with rolled_back():
                found.add(ask(boss, method, page.at(**own.ids)).status_code)
        assert found & {200, 302, 400, 409, 422}, (page, found)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_no_page_shows_anything_of_another_company(own: House, others: House, no_calendar: None) -> None:
    for user in (own.boss, own.aino):
        client = own.client(user)
        for page in OURS:
            assert others.word not in text(client.get(page.at(**own.ids), {"whose": "all"})), page


@pytest.fixture
def no_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page waits for a remote calendar."""

    def away(*_any: Any) -> Any:
        raise Unreachable("away")

    for name in ("find", "open_calendar", "prove"):
        monkeypatch.setattr(remotes, name, away)


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("/calendar/", ["people"]),
        ("/calendar/items", ["people"]),
        ("/activities/", ["type", "project"]),
        ("/activities/new", ["project", "participants", "type"]),
    ],
)
def test_nothing_of_another_company_is_reached_by_a_parameter(
    address: str, parameters: list[str], own: House, others: House
) -> None:
    ids = {"people": others.aino.pk, "type": others.kind.pk, "project": others.project.pk}
    ids["participants"] = others.aino.pk
    asked = {name: str(ids[name]) for name in parameters} | {
        "whose": "all",
        "start": "2020-01-01T00:00:00Z",
        "end": "2020-02-01T00:00:00Z",
    }
    answer = own.client(own.boss).get(address, asked)
    assert answer.status_code == 200
    assert others.word not in text(answer)


def test_another_companys_things_are_put_into_nothing_of_ones_own(own: House, others: House) -> None:
    client = own.client(own.aino)
    times = {"first": "2026-03-03", "starts": "10:00", "last": "2026-03-03", "ends": "11:00", "show_as": "busy"}
    whole = {"name": "Own", "type": str(own.kind.pk), **times}
    for field, theirs in (("type", others.kind), ("project", others.project), ("participants", others.aino)):
        answer = client.post("/activities/new", {**whole, field: str(theirs.pk)})
        assert answer.status_code == 422, field
        assert others.word not in text(answer)
    assert Activity.objects.filter(company=own.company).count() == 1


def test_another_companys_activities_get_no_type(own: House, others: House) -> None:
    own.client(own.boss).post(
        "/activities/types", {"type": str(own.kind.pk), "activity": [str(others.activity.pk), str(own.activity.pk)]}
    )
    assert Activity.objects.get(pk=others.activity.pk).type == others.kind


def test_b9_what_is_a_colleagues_own_is_not_reached_by_its_id(own: House, no_calendar: None) -> None:
    """A journal, held entries and a mailbox are their holder's alone; an administrator does not see them either."""
    private = [page for page in OURS if page.ids and page.pattern.startswith("profile/")]
    for page in private:
        for method in ("get", "post"):
            client, before = own.client(own.boss), everything()
            assert ask(client, method, page.at(**own.ids)).status_code in (404, 405), page.pattern
            assert everything() == before
    for page in (each for each in OURS if each.pattern.startswith("profile/") and not each.ids):
        shown = text(own.client(own.boss).get(page.at()))
        assert f"Journal {own.word}" not in shown
        assert f"Held {own.word}" not in shown


# --- who may open what ----------------------------------------------------------------------------


def test_s5_no_employee_opens_settings(own: House) -> None:
    client = own.client(own.aino)
    before = everything()
    found = [page for page in OURS if page.pattern.startswith("settings")]
    assert len(found) > 12
    for page, method in product(found, METHODS):
        assert ask(client, method, page.at(**own.ids)).status_code in (403, 405), page
        assert everything() == before, page


def test_s5_an_administrator_opens_settings(own: House, no_calendar: None) -> None:
    """Or the test above would pass for addresses that nobody can open."""
    client = own.client(own.boss)
    for page in (page for page in OURS if page.pattern.startswith("settings")):
        assert client.get(page.at(**own.ids)).status_code in (200, 405, 409), page


def test_whoever_is_signed_out_reaches_nothing(own: House) -> None:
    before = everything()
    for page, method in product(OURS, METHODS):
        answer = ask(Client(), method, page.at(**own.ids))
        if page.name not in PUBLIC:
            assert answer.status_code in (302, 405), page
            assert answer.status_code == 405 or answer.headers["Location"].startswith("/accounts/login/"), page
        assert own.word not in text(answer), page
    assert everything() == before


def test_nothing_is_done_without_a_token(own: House) -> None:
    """Whatever the address: a form on somebody else's page does nothing here."""
    clients = [own.client(user, enforce_csrf_checks=True) for user in (own.boss, own.aino)]
    given = {"key": "made-up", "token": "made-up", "uidb36": "1", **own.ids}
    before = everything()
    for page, method, client in product(PAGES, ("post", "json"), [*clients, Client(enforce_csrf_checks=True)]):
        assert ask(client, method, page.at(**given)).status_code == 403, page
    assert everything() == before


# --- switching on ---------------------------------------------------------------------------------


@pytest.fixture
def anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address opens a mailbox."""
    monkeypatch.setattr(remotes, "find", lambda connection, address: remotes.Found(f"box-of-{address}"))


def test_s3_nobody_switches_it_on_for_another_user(own: House, anybodys: None) -> None:
    Mailbox.objects.all().delete()
    EmailAddress.objects.create(user=own.boss, email=own.boss.email, verified=True, primary=True)
    named = {"user": str(own.aino.pk), "user_id": str(own.aino.pk), "email": own.aino.email, "address": own.aino.email}
    own.client(own.boss).post("/profile/calendar-sync/on", named)
    assert [box.user for box in Mailbox.objects.all()] == [own.boss]
    with pytest.raises(switching.Refused) as refused:
        switching.enable(own.aino, acting=own.boss)
    assert refused.value.code == "not_yourself"


def test_s12_nobody_claims_an_address_that_is_not_proven(own: House, others: House, anybodys: None) -> None:
    Mailbox.objects.all().delete()
    client = own.client(own.boss)
    for claimed in ("director@kuura.example", others.aino.email, own.aino.email):
        client.post("/accounts/email/", {"action_add": "", "email": claimed})
        client.post("/accounts/email/", {"action_primary": "", "email": claimed})
        answer = client.post("/profile/calendar-sync/on", {"email": claimed, "address": claimed})
        assert answer.status_code == 409, claimed
    assert not Mailbox.objects.exists()
    assert User.objects.get(pk=own.boss.pk).email == "boss@kuura.example"
    assert {address for letter in mail.outbox for address in letter.to} <= {
        "director@kuura.example",
        others.aino.email,
        own.aino.email,
        own.boss.email,
    }, "each link goes to the address that it would prove"


# --- the consent ----------------------------------------------------------------------------------

TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def consenting(own: House, others: House, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, str]:
    """An administrator on the way to Microsoft, and the state they were sent there with."""
    monkeypatch.setenv(tenant.CLIENT_ID, "installation")
    monkeypatch.setenv(tenant.CLIENT_SECRET, "s3cret")
    monkeypatch.setattr(remotes, "prove", lambda connection: Proven("Kuura"))
    Mailbox.objects.filter(connection__company=own.company).delete()
    Connection.objects.filter(company=own.company).delete()
    client = own.client(own.boss)
    page = client.post("/settings/microsoft/grant", {"kind": "graph"})
    assert page.status_code == 200
    return client, Connection.objects.get(company=own.company).consent_nonce


def back(client: Client, state: str, tenant_id: str = TENANT) -> int:
    answer = client.get("/settings/microsoft/granted", {"admin_consent": "True", "tenant": tenant_id, "state": state})
    return int(answer.status_code)


def test_s6_a_consent_state_is_good_once(own: House, consenting: tuple[Client, str]) -> None:
    client, state = consenting
    assert back(client, state) == 302
    assert back(client, state, "99999999-2222-3333-4444-555555555555") == 409
    assert Connection.objects.get(company=own.company).tenant_id == TENANT


def test_s6_a_forged_consent_state_is_refused_and_uses_the_right_one_up(
    own: House, consenting: tuple[Client, str]
) -> None:
    client, state = consenting
    assert back(client, f"{state[:-1]}x") == 409
    assert back(client, state) == 409
    assert Connection.objects.get(company=own.company).tenant_id == ""


def test_s6_a_consent_state_is_good_for_its_company_only(
    own: House, others: House, consenting: tuple[Client, str]
) -> None:
    _client, state = consenting
    before = Connection.objects.get(company=others.company).tenant_id
    assert back(others.client(others.boss), state) == 409
    assert back(own.client(own.aino), state) == 403
    assert Connection.objects.get(company=others.company).tenant_id == before


# --- script in a title ----------------------------------------------------------------------------

HOSTILE = "\"'><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7|add:7 }}</title></script>"


@pytest.fixture
def hostile(own: House) -> House:
    Company.objects.update(name=HOSTILE)
    User.objects.update(full_name=HOSTILE)
    ActivityType.objects.update(name=HOSTILE[:50])
    Project.objects.update(name=HOSTILE, customer=HOSTILE)
    Activity.objects.update(name=HOSTILE, location=HOSTILE, notes=HOSTILE)
    own.hold.title = HOSTILE
    own.hold.save()
    assert own.entry.after is not None
    own.entry.after = replace(own.entry.after, title=HOSTILE, location=HOSTILE, notes=HOSTILE)
    own.entry.save()
    return own


def test_script_in_a_title_stays_text_on_every_page(hostile: House, no_calendar: None) -> None:
    shown_on = set()
    for user in (hostile.boss, hostile.aino):
        client = hostile.client(User.objects.get(pk=user.pk))
        for page in OURS:
            answer = client.get(page.at(**hostile.ids))
            shown = text(answer)
            assert answer.headers.get("X-Content-Type-Options") == "nosniff", page
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                assert "<script>alert" not in shown, page
                assert "<img src=x" not in shown, page
                assert "14&lt;/title" not in shown, page
                shown_on.update({page.name} if "&lt;script&gt;alert" in shown else ())
    assert len(shown_on) > 10, "or it would not have been tried"


def test_the_calendars_json_is_read_as_nothing_else(hostile: House) -> None:
    span = {"start": hostile.activity.start.isoformat(), "end": hostile.activity.end.isoformat()}
    answer = hostile.client(hostile.aino).get("/calendar/items", span)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert HOSTILE in [item["title"] for item in answer.json()]
