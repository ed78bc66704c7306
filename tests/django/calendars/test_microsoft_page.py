"""Settings > Integrations > Microsoft Exchange: administrators only, and nothing secret ever comes back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import microsoft_page, remotes, tenant
from almanakka.calendars.models import Connection, Hold, Kind, Mailbox
from almanakka.calendars.remotes import Proven
from almanakka.remote import destinations
from almanakka.sync.errors import Denied
from visits import text

PAGE = "/settings/microsoft/"
SERVER = {
    "kind": "exchange",
    "domain": "KUURA",
    "ews_url": "https://mail.kuura.example/EWS/Exchange.asmx",
    "delegate_name": "calsync",
}


@pytest.fixture
def as_boss(client: Client, boss: User, types: dict[str, ActivityType]) -> Client:
    client.force_login(boss)
    return client


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Every connection works; they are listed in the order in which they were tried."""
    tried: list[Connection] = []

    def prove(connection: Connection) -> Proven:
        tried.append(connection)
        return Proven("Kuura")

    monkeypatch.setattr(remotes, "prove", prove)
    return tried


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tenant.CLIENT_ID, "installation")
    monkeypatch.setenv(tenant.CLIENT_SECRET, "s3cret")


# --- Office 365 (S6) -----------------------------------------------------------------------------


def consent(client: Client) -> dict[str, list[str]]:
    """Go to Microsoft; return what it is asked."""
    page = client.post(f"{PAGE}grant", {"kind": "graph"})
    address = page.context["address"]
    assert urlsplit(address).hostname == "login.microsoftonline.com"
    return parse_qs(urlsplit(address).query)


def test_s6_permissions_are_granted_once(as_boss: Client, registered: None, proven: list[Connection]) -> None:
    asked = consent(as_boss)
    back = {"admin_consent": "True", "tenant": "11111111-2222-3333-4444-555555555555", "state": asked["state"][0]}
    assert asked["redirect_uri"] == [f"http://testserver{PAGE}granted"]
    assert as_boss.get(f"{PAGE}granted", back).status_code == 302
    assert Connection.objects.get().granted_at is not None
    assert len(proven) == 1
    assert as_boss.get(f"{PAGE}granted", back).status_code == 409, "the state is good once"


@pytest.mark.parametrize("state", ["", "forged"])
def test_s6_a_forged_state_stores_no_tenant(
    as_boss: Client, registered: None, proven: list[Connection], state: str
) -> None:
    consent(as_boss)
    answer = as_boss.get(f"{PAGE}granted", {"admin_consent": "True", "tenant": "evil", "state": state})
    assert answer.status_code == 409
    assert Connection.objects.get().tenant_id == ""
    assert not proven


def test_s6_a_tenant_that_gives_no_token_is_not_stored(
    as_boss: Client, registered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove(connection: Connection) -> Proven:
        raise Denied("AADSTS700016", "not_granted")

    monkeypatch.setattr(remotes, "prove", prove)
    asked = consent(as_boss)
    tenant_id = "11111111-2222-3333-4444-555555555555"
    back = {"admin_consent": "True", "tenant": tenant_id, "state": asked["state"][0]}
    assert as_boss.get(f"{PAGE}granted", back).status_code == 409
    assert Connection.objects.get().tenant_id == ""


# --- Exchange Server (S8) ------------------------------------------------------------------------


def test_s8_an_exchange_server_is_entered_and_its_password_never_comes_back(as_boss: Client) -> None:
    as_boss.post(f"{PAGE}save", {**SERVER, "new_password": "hyvin salainen"})
    stored = Connection.objects.get(kind=Kind.EXCHANGE)
    assert stored.delegate_password.reveal() == "hyvin salainen"
    page = text(as_boss.get(PAGE, {"kind": "exchange"}))
    assert "calsync" in page
    assert "salainen" not in page
    as_boss.post(f"{PAGE}save", {**SERVER, "domain": "KUURA2", "new_password": ""})
    stored.refresh_from_db()
    assert (stored.domain, stored.delegate_password.reveal()) == ("KUURA2", "hyvin salainen")
    as_boss.post(f"{PAGE}save", {**SERVER, "ews_url": "https://evil.example/EWS/Exchange.asmx", "new_password": ""})
    stored.refresh_from_db()
    assert stored.delegate_password.reveal() == "", "one server's password goes to no other"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ews_url": "http://mail.kuura.example/EWS/Exchange.asmx"},
        {"ews_url": "https://mail.kuura.example/owa"},
        {"domain": "KUURA\\OU"},
        {"delegate_name": ""},
        {"ca_bundle": "/etc/passwd"},
    ],
)
def test_s8_what_makes_no_sense_is_not_stored(as_boss: Client, wrong: dict[str, str]) -> None:
    answer = as_boss.post(f"{PAGE}save", {**SERVER, "new_password": "x", **wrong})
    assert answer.status_code == 422
    assert 'class="errorlist"' in text(answer)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://mail.kuura.example/EWS/Exchange.asmx", "Write https:// instead."),
        ("https://mail.kuura.example:25/EWS/Exchange.asmx", "Write it like this: https://"),
        ("https://169.254.169.254/EWS/Exchange.asmx", "own address, or have its name on the network corrected."),
        ("https://127.0.0.1/EWS/Exchange.asmx", "Enter the name by which other computers know the Exchange Server."),
    ],
)
def test_whoever_enters_an_exchange_url_is_told_what_to_enter_instead(
    as_boss: Client, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    monkeypatch.delenv(destinations.LOOPBACK, raising=False)
    errors = as_boss.post(f"{PAGE}save", {**SERVER, "ews_url": url}).context["form"].errors["ews_url"]
    assert told in str(errors)
    assert "administrator" not in str(errors)


def test_s7_scripts_come_from_a_form(as_boss: Client) -> None:
    wanted = {"server": "2013", "purpose": "grant", "account": "KUURA\\calsync", "recipient_filter": "Name -like 'A*'"}
    page = as_boss.get(f"{PAGE}script")
    wanted["server"] = page.context["form"].fields["server"].choices[0][0]
    wanted["purpose"] = page.context["form"].fields["purpose"].choices[0][0]
    assert "New-ManagementRoleAssignment" in text(as_boss.get(f"{PAGE}script", wanted))
    file = as_boss.get(f"{PAGE}script", {**wanted, "file": "1"})
    assert file.headers["Content-Disposition"].endswith('.ps1"')
    wrong = as_boss.get(f"{PAGE}script", {**wanted, "account": "a\nRemove-Mailbox"})
    assert "Remove-Mailbox" not in (wrong.context["text"] or "")


# --- the switch (S5) -----------------------------------------------------------------------------


def test_s5_the_switch_waits_for_what_is_missing(as_boss: Client, proven: list[Connection]) -> None:
    page = text(as_boss.get(PAGE, {"kind": "exchange"}))
    assert "disabled" in page
    assert "Fill in the Exchange Server" in page
    as_boss.post(f"{PAGE}save", {**SERVER, "new_password": "x"})
    assert "disabled" not in text(as_boss.get(PAGE, {"kind": "exchange"}))
    as_boss.post(f"{PAGE}on", {"kind": "exchange"})
    assert Connection.objects.get().enabled
    as_boss.post(f"{PAGE}off", {"kind": "exchange"})
    assert not Connection.objects.get().enabled


def test_s11_what_is_wrong_is_told_in_plain_words(as_boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def prove(connection: Connection) -> Proven:
        raise Denied("HTTP 401", "delegate_refused")

    monkeypatch.setattr(remotes, "prove", prove)
    as_boss.post(f"{PAGE}save", {**SERVER, "new_password": "x"})
    answer = as_boss.post(f"{PAGE}on", {"kind": "exchange"})
    assert answer.status_code == 409
    assert 'role="alert"' in text(answer)
    assert "HTTP 401" not in text(answer)


def test_b11_people_are_listed_with_health_and_nothing_of_theirs(as_boss: Client, aino_box: Mailbox) -> None:
    page = text(as_boss.get(PAGE))
    assert "Aino Kuura" in page
    assert "aino@kuura" not in page


def test_b11_of_a_calendar_that_fails_administrators_are_told_why(as_boss: Client, aino_box: Mailbox) -> None:
    Mailbox.objects.filter(pk=aino_box.pk).update(health="failing", error_code="mailbox_denied")
    page = text(as_boss.get(PAGE))
    assert "Microsoft lets us open some calendars of the company, but not this one." in page


def test_people_are_listed_page_by_page_and_each_with_what_waits(
    as_boss: Client, aino_box: Mailbox, eero_box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microsoft_page, "PEOPLE", 1)
    for number, decided in enumerate(("", "", "leave")):
        Hold.objects.create(mailbox=eero_box, item=f"event:{number}", reason="unrepresentable", decided=decided)
    first, second = (as_boss.get(PAGE, {"page": page}) for page in ("1", "2"))
    assert [(row.name, row.waiting) for row in first.context["people"]] == [("Aino Kuura", 0)]
    assert [(row.name, row.waiting) for row in second.context["people"]] == [("Eero Kuura", 2)]
    kind = aino_box.connection.kind
    assert f'rel="next" href="{PAGE}?kind={kind}&amp;page=2"' in text(first)
    assert f'rel="prev" href="{PAGE}?kind={kind}&amp;page=1"' in text(second)


# --- what is synchronised (S10, S13) -------------------------------------------------------------


def test_s10_s13_types_are_chosen(as_boss: Client, link: Connection, types: dict[str, ActivityType]) -> None:
    chosen = {"kind": "graph", "outgoing": [types["todo"].pk, types["internal"].pk], "default": types["internal"].pk}
    as_boss.post(f"{PAGE}what", chosen)
    kinds = ActivityType.objects.filter(synchronised=True).exclude(category=Category.PROJECT_TASK)
    assert set(kinds.values_list("name", flat=True)) == {"To-do", "Internal"}
    assert ActivityType.objects.get(is_default=True) == types["internal"]
    link.refresh_from_db()
    assert link.personal_type is None


@pytest.mark.parametrize("kind", ["personal", "task"])
def test_s10_neither_personal_nor_a_project_task_is_the_default(
    as_boss: Client, link: Connection, types: dict[str, ActivityType], kind: str
) -> None:
    answer = as_boss.post(f"{PAGE}what", {"kind": "graph", "default": types[kind].pk})
    assert answer.status_code == 422
    assert ActivityType.objects.get(is_default=True) == types["meeting"]


def test_s4_a_project_task_cannot_be_chosen(as_boss: Client, link: Connection, types: dict[str, ActivityType]) -> None:
    answer = as_boss.post(f"{PAGE}what", {"outgoing": [types["task"].pk], "default": types["meeting"].pk})
    assert answer.status_code == 422


# --- everybody else ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "script"),
        ("get", "granted"),
        ("post", "save"),
        ("post", "what"),
        ("post", "grant"),
        ("post", "on"),
        ("post", "check"),
        ("post", "off"),
    ],
)
def test_s5_employees_stay_outside(client: Client, aino: User, link: Connection, method: str, path: str) -> None:
    assert getattr(client, method)(f"{PAGE}{path}").status_code == 302
    client.force_login(aino)
    assert getattr(client, method)(f"{PAGE}{path}").status_code == 403
    link.refresh_from_db()
    assert link.enabled


def test_another_companys_connection_is_out_of_reach(client: Client, link: Connection) -> None:
    other = Company.objects.create(name="Toinen Oy")
    stranger = User.objects.create_user("x@toinen.example", company=other, role=Role.ADMINISTRATOR)
    client.force_login(stranger)
    page = text(client.get(PAGE))
    assert "tenant" not in page.split("<main")[1].split("Permissions")[0]
    client.post(f"{PAGE}off", {"kind": "graph"})
    link.refresh_from_db()
    assert link.enabled
