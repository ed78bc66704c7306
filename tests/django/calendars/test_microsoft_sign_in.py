"""Signing in with Microsoft, and what it proves, in a simulated tenant; and what a stranger may try (S12)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
import requests
from allauth.account.models import EmailAddress
from django.test import Client

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType
from almanakka.calendars import clock
from almanakka.calendars.models import Cloud, Connection, Mailbox
from exchange_simulator import RunningSimulator, World, running
from visits import text

BACK = "/accounts/microsoft/back"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    world = World()
    ours = world.add_tenant("kuura.example", "Kuura Oy")
    for name in ("aino", "eero", "pomo"):
        ours.add_user(f"{name}@kuura.example", name.title(), aliases=[f"{name}.kuura@kuura.example"])
    ours.add_user("guest_else.example#ext#@kuura.example", "Guest", mail="guest@else.example", has_mailbox=False)
    world.add_tenant("evil.example", "Evil").add_user("aino@evil.example", "Aino of Kuura")
    app = world.add_app("almanakka", secret="s3cret", redirect_uris=[f"http://testserver{BACK}"])
    for tenant in world.tenants.values():
        tenant.consent(app)
    with running(world) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _a_token_says_the_truth(simulator: RunningSimulator) -> Iterator[None]:
    with clock.stopped_at(None):  # tokens are of the real time
        yield
    simulator.world.behaviour.id_token_claims = {}


@pytest.fixture
def granted(company: Company, boss: User, types: dict[str, ActivityType], simulator: RunningSimulator) -> Connection:
    tenant = simulator.world.find_tenant("kuura.example")
    assert tenant is not None
    return connection_of(company, boss, tenant.id, simulator)


def connection_of(company: Company, boss: User, tenant: str, simulator: RunningSimulator) -> Connection:
    return Connection.objects.create(
        company=company,
        cloud=Cloud.OTHER,
        authority_url=simulator.base_url,
        graph_url=simulator.base_url,
        ca_bundle=simulator.ca_file or "",
        tenant_id=tenant,
        client_id="almanakka",
        client_secret="s3cret",
        enabled=True,
        enabled_at=clock.now(),
        granted_at=clock.now(),
        granted_by=boss,
    )


def verified(user: User, **fields: Any) -> User:
    EmailAddress.objects.create(**{"user": user, "email": user.email, "verified": True, "primary": True, **fields})
    return user


class Browser:
    """Somebody's browser: what it has of us, and the account with which it signs in at Microsoft."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.client = Client()

    def begin(self, address: str) -> str:
        """Press the button; return where it goes on."""
        page = self.client.post("/accounts/microsoft/", {"login": address})
        assert page.status_code == 200, page.content.decode()
        return str(page.context["address"])

    def signs_in_there(self, page: str, account: str, decision: str = "accept") -> dict[str, str]:
        """Choose an account at Microsoft; return what it sends the browser back with."""
        user = self.simulator.world.addresses[account]
        session = requests.Session()
        session.verify, session.trust_env = self.simulator.ca_file, False
        assert session.get(page, timeout=30).status_code == 200
        where, _, query = page.partition("?")
        form = {**dict(parse_qsl(query)), "account": user.id, "decision": decision}
        answer = session.post(where, form, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def comes_back(self, brought: dict[str, str]) -> Any:
        return self.client.get(f"{BACK}?{urlencode(brought)}")

    def whole(self, address: str, account: str | None = None) -> Any:
        return self.comes_back(self.signs_in_there(self.begin(address), account or address))

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session


@pytest.fixture
def browser(simulator: RunningSimulator) -> Browser:
    return Browser(simulator)


def test_somebody_signs_in(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    answer = browser.whole(aino.email)
    assert answer.headers["Location"] == "/"
    assert "Aino Kuura" in text(browser.client.get("/"))


def test_the_button_is_there_once_a_company_is_connected(client: Client, company: Company, boss: User) -> None:
    assert "Sign in with Microsoft" not in text(client.get("/accounts/login/"))
    Connection.objects.create(company=company, tenant_id=str(uuid4()), client_id="x", granted_at=clock.now())
    assert "Sign in with Microsoft" in text(client.get("/accounts/login/"))


def test_an_alias_of_the_same_mailbox_will_do(browser: Browser, aino: User, granted: Connection) -> None:
    """Somebody is known here by a secondary address of the mailbox."""
    alias = "aino.kuura@kuura.example"
    User.objects.filter(pk=aino.pk).update(email=alias)
    EmailAddress.objects.create(user=aino, email=alias, verified=True, primary=True)
    assert browser.whole(alias, "aino@kuura.example").status_code == 302
    assert browser.is_signed_in


def test_an_unknown_user_reads_a_sentence_and_no_account_is_made(
    browser: Browser, aino: User, granted: Connection
) -> None:
    verified(aino)
    number = User.objects.count()
    refused = browser.whole("aino@kuura.example", "eero@kuura.example")
    assert refused.status_code == 403
    assert "Nobody has been signed in, and no account has been made." in text(refused)
    assert (User.objects.count(), browser.is_signed_in) == (number, False)


def test_an_address_that_is_not_proven_signs_nobody_in(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino, verified=False)
    assert browser.whole(aino.email).status_code == 403
    assert not browser.is_signed_in


def test_an_unproven_secondary_address_signs_nobody_in(
    browser: Browser, aino: User, eero: User, granted: Connection
) -> None:
    """Somebody has put a colleague's address beside their own, but could not open the link."""
    verified(aino)
    verified(aino, email=eero.email, verified=False, primary=False)
    assert browser.whole(eero.email).status_code == 403
    assert not browser.is_signed_in


def test_who_may_no_longer_sign_in_does_not_with_microsoft_either(
    browser: Browser, aino: User, granted: Connection
) -> None:
    verified(aino)
    User.objects.filter(pk=aino.pk).update(is_active=False)
    assert browser.whole(aino.email).status_code == 403
    assert not browser.is_signed_in


@pytest.mark.parametrize("claimed", ["tid", "both", "email"])
def test_a_foreign_tenants_claims_prove_nothing(
    browser: Browser, aino: User, granted: Connection, simulator: RunningSimulator, claimed: str
) -> None:
    """Whoever runs a tenant writes what they like into their people's addresses ("nOAuth")."""
    verified(aino)
    evil = simulator.world.find_tenant("evil.example")
    assert evil is not None
    stranger = simulator.world.addresses["aino@evil.example"]
    said: dict[str, Any] = {
        "email": aino.email,
        "upn": aino.email,
        "preferred_username": aino.email,
        "oid": stranger.id,
    }
    if claimed != "email":
        said["tid"] = evil.id
    if claimed == "both":
        said["iss"] = f"{simulator.base_url}/{evil.id}/v2.0"
    simulator.world.behaviour.id_token_claims = said
    refused = browser.whole(aino.email)
    assert refused.status_code == 403
    assert not browser.is_signed_in


@pytest.mark.parametrize(
    "said",
    [
        {"aud": "another-app"},
        {"nonce": "another"},
        {"exp": 1_000_000_000},
        {"nbf": 4_000_000_000},
        {"iss": "https://login.evil.example/v2.0"},
        {"oid": "not-an-id"},
        {"oid": None},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_token_that_is_not_for_us_and_now_signs_nobody_in(
    browser: Browser, aino: User, granted: Connection, simulator: RunningSimulator, said: dict[str, Any]
) -> None:
    verified(aino)
    simulator.world.behaviour.id_token_claims = said
    assert browser.whole(aino.email).status_code == 403
    assert not browser.is_signed_in


def test_a_guest_without_a_mailbox_is_nobody(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    assert browser.whole(aino.email, "guest@else.example").status_code == 403
    assert not browser.is_signed_in


def test_a_forged_state_is_refused_and_uses_the_right_one_up(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    brought = browser.signs_in_there(browser.begin(aino.email), aino.email)
    assert browser.comes_back({**brought, "state": "forged"}).status_code == 403
    assert browser.comes_back(brought).status_code == 403
    assert not browser.is_signed_in


def test_what_came_back_is_good_once(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    brought = browser.signs_in_there(browser.begin(aino.email), aino.email)
    assert browser.comes_back(brought).status_code == 302
    browser.client.logout()
    assert browser.comes_back(brought).status_code == 403
    assert not browser.is_signed_in


def test_what_came_back_to_one_browser_is_good_in_no_other(
    browser: Browser, simulator: RunningSimulator, aino: User, granted: Connection
) -> None:
    verified(aino)
    other = Browser(simulator)
    other.begin(aino.email)
    brought = browser.signs_in_there(browser.begin(aino.email), aino.email)
    assert other.comes_back(brought).status_code == 403
    assert not other.is_signed_in


def test_what_was_begun_long_ago_is_over(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    brought = browser.signs_in_there(browser.begin(aino.email), aino.email)
    session = browser.client.session
    session["microsoft"] = {**session["microsoft"], "at": time.time() - 1000}
    session.save()
    assert browser.comes_back(brought).status_code == 403


def test_whoever_cancels_there_is_not_signed_in(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    refused = browser.comes_back(browser.signs_in_there(browser.begin(aino.email), aino.email, "deny"))
    assert "or you have cancelled" in text(refused)
    assert not browser.is_signed_in


@pytest.mark.parametrize("address", ["", "aino", "x@unknown.example", "x@%", "x@_uura.example"])
def test_a_domain_that_is_nobodys_leads_nowhere(client: Client, aino: User, granted: Connection, address: str) -> None:
    answer = client.post("/accounts/microsoft/", {"login": address})
    assert answer.status_code == 403
    assert "not set up for that e-mail address" in text(answer)


def test_a_domain_of_two_companies_leads_nowhere(
    client: Client, aino: User, granted: Connection, simulator: RunningSimulator
) -> None:
    other = Company.objects.create(name="Toinen")
    boss = User.objects.create_user("x@kuura.example", company=other, role=Role.ADMINISTRATOR)
    connection_of(other, boss, str(uuid4()), simulator)
    assert client.post("/accounts/microsoft/", {"login": aino.email}).status_code == 403


def test_nobody_is_led_away_from_here_afterwards(browser: Browser, aino: User, granted: Connection) -> None:
    verified(aino)
    page = browser.client.post("/accounts/microsoft/", {"login": aino.email, "next": "https://evil.example/"})
    answer = browser.comes_back(browser.signs_in_there(page.context["address"], aino.email))
    assert answer.headers["Location"] == "/"


# --- proving one's address (S12) ------------------------------------------------------------------


def prove(browser: Browser, user: User, account: str) -> Any:
    browser.client.force_login(user)
    page = browser.client.post("/profile/calendar-sync/microsoft")
    assert page.status_code == 200, text(page)
    return browser.comes_back(browser.signs_in_there(page.context["address"], account))


def test_s12_signing_in_with_microsoft_proves_ones_address(browser: Browser, aino: User, granted: Connection) -> None:
    assert "Sign in with Microsoft" in text(client_of(browser, aino).get("/profile/calendar-sync/"))
    assert prove(browser, aino, aino.email).headers["Location"] == "/profile/calendar-sync/"
    assert browser.client.post("/profile/calendar-sync/on").status_code == 302
    mailbox = Mailbox.objects.get()
    assert (mailbox.user, mailbox.enabled, mailbox.proof) == (aino, True, "microsoft")


def client_of(browser: Browser, user: User) -> Client:
    browser.client.force_login(user)
    return browser.client


def test_s12_a_colleagues_account_proves_nothing(browser: Browser, aino: User, eero: User, granted: Connection) -> None:
    refused = prove(browser, aino, eero.email)
    assert refused.status_code == 409
    assert f"another mailbox than that of {aino.email}" in text(refused)
    assert not EmailAddress.objects.filter(verified=True).exists()
    assert browser.client.post("/profile/calendar-sync/on").status_code == 409


def test_s12_a_foreign_account_proves_nothing(
    browser: Browser, aino: User, granted: Connection, simulator: RunningSimulator
) -> None:
    evil = simulator.world.find_tenant("evil.example")
    assert evil is not None
    simulator.world.behaviour.id_token_claims = {"tid": evil.id, "email": aino.email}
    assert prove(browser, aino, aino.email).status_code == 409
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_s12_what_one_has_begun_proves_nothing_for_another(
    browser: Browser, aino: User, eero: User, granted: Connection
) -> None:
    client = client_of(browser, eero)
    page = client.post("/profile/calendar-sync/microsoft")
    brought = browser.signs_in_there(page.context["address"], eero.email)
    begun = client.session["microsoft"]
    client.force_login(aino)
    session = client.session
    session["microsoft"] = begun
    session.save()
    assert browser.comes_back(brought).status_code == 409
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_s12_it_works_without_a_permission_for_the_directory(
    browser: Browser, aino: User, eero: User, granted: Connection, simulator: RunningSimulator
) -> None:
    tenant = simulator.world.find_tenant("kuura.example")
    assert tenant is not None
    app = simulator.world.apps["almanakka"]
    tenant.consent(app, ["Calendars.ReadWrite"])
    simulator.control.expire_tokens()
    try:
        assert prove(browser, aino, eero.email).status_code == 409
        assert prove(browser, aino, aino.email).status_code == 302
    finally:
        tenant.consent(app)
        simulator.control.expire_tokens()
