"""Signing in to a tenant, asking its directory, and an administrator's consent (S2, S6, B15)."""

from __future__ import annotations

import datetime as dt
import html
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from almanakka.remote.graph import consent, directory
from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.remote.graph.client import Client
from almanakka.remote.graph.clouds import CLOUDS, Certificate, GraphSettings
from almanakka.remote.graph.consent import Granted, Refused
from almanakka.remote.graph.tokens import Tokens, tokens_for
from almanakka.sync.errors import Denied, NotFound, Throttled, Unreachable

from .calendar_contract import collect
from .graph_outlook import ANNA, SECRET, GraphOutlook
from .outlook import NOW, ZONE


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "almanakka")])
    public = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
        .sign(private, hashes.SHA256())
    )
    pkcs8 = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(pkcs8.decode(), public.public_bytes(serialization.Encoding.PEM).decode())


def token(settings: GraphSettings) -> str:
    return Tokens(settings).get()


def code(settings: GraphSettings) -> str:
    with pytest.raises(Denied) as caught:
        token(settings)
    assert SECRET not in caught.value.detail
    return caught.value.code


# --- tokens ------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_once(graph: GraphOutlook) -> None:
    tokens = tokens_for(graph.settings)
    assert tokens.get() == tokens.get()
    assert tokens_for(replace(graph.settings)) is tokens
    assert tokens_for(replace(graph.settings, timeout=(1, 1))) is not tokens


def test_only_another_token_renews_a_refused_one(graph: GraphOutlook) -> None:
    tokens = Tokens(graph.settings)
    first = tokens.get()
    second = tokens.renew(first)
    assert second != first
    assert tokens.renew(first) == second  # a second thread that was refused the first gets what the other one fetched


def test_s6_a_certificate_signs_in_too(graph: GraphOutlook, certificate: Certificate) -> None:
    app = graph.simulator.world.add_app(certificate=certificate.public)
    graph.tenant.consent(app)
    settings = replace(graph.settings, client_id=app.client_id, secret=None, certificate=certificate)
    client = Client(settings)
    assert collect(GraphCalendar(client, graph.user.id, ZONE, lambda: NOW).listing()).events == []
    client.close()
    other = replace(settings, client_id=graph.app.client_id)
    assert code(other) == "certificate_unknown"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: replace(s, secret="wrong"), "secret_wrong"),
        (lambda s: replace(s, client_id="00000000-0000-0000-0000-000000000001"), "app_unknown"),
        (lambda s: replace(s, tenant="nowhere.test"), "tenant_unknown"),
        (lambda s: replace(s, tenant="../../x"), "tenant_unknown"),
        (lambda s: replace(s, secret=None, certificate=Certificate("no key", "no certificate")), "sign_in_failed"),
    ],
)
def test_b11_each_way_of_being_refused_has_its_own_name(
    graph: GraphOutlook, change: Callable[[GraphSettings], GraphSettings], expected: str
) -> None:
    assert code(change(graph.settings)) == expected


def test_b11_an_expired_secret_says_so(graph: GraphOutlook) -> None:
    app = graph.simulator.world.add_app()
    graph.tenant.consent(app)
    graph.simulator.control.add_secret(app.client_id, SECRET, expires="2020-01-01T00:00:00+00:00")
    assert code(replace(graph.settings, client_id=app.client_id)) == "secret_expired"


@pytest.mark.parametrize("answer", ["AADSTS65001", "AADSTS7000229"])
def test_b11_missing_consent_says_so(graph: GraphOutlook, answer: str) -> None:
    graph.simulator.control.set_behaviour(without_consent=answer)
    graph.simulator.control.revoke_consent("contoso.test", graph.app.client_id)
    assert code(graph.settings) == "consent_missing"


def test_nobody_at_the_sign_in_is_no_denial(graph: GraphOutlook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lately:
        port = lately.getsockname()[1]
    with pytest.raises(Unreachable):
        token(replace(graph.settings, authority=f"https://127.0.0.1:{port}"))


def test_a_certificate_authority_is_named_for_every_request(
    graph: GraphOutlook, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("ca") / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(empty))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(empty))
    assert token(graph.settings)
    assert collect(graph.calendar.listing()).events == []


def test_an_unknown_authority_is_refused(graph: GraphOutlook, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unreachable):
        token(replace(graph.settings, verify=None))


def test_a_busy_sign_in_says_when_to_come_back(graph: GraphOutlook) -> None:
    graph.simulator.world.faults.add("throttled", path="oauth2/v2.0/token")
    with pytest.raises(Throttled):
        token(graph.settings)


def test_a_netrc_does_not_replace_the_token(
    graph: GraphOutlook, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("default login anna password wrong\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert collect(graph.calendar.listing()).events == []


def test_neither_secrets_nor_tokens_are_logged_or_shown(
    graph: GraphOutlook, caplog: pytest.LogCaptureFixture, certificate: Certificate
) -> None:
    with caplog.at_level(logging.DEBUG):
        tokens = Tokens(graph.settings)
        value = tokens.get()
        graph.put_unrepresentable("Secret plan")
        collect(graph.calendar.listing())
    shown = caplog.text + repr(graph.settings) + repr(tokens) + repr(certificate) + repr(graph.client)
    for secret in (SECRET, value, "PRIVATE KEY", "Secret plan"):
        assert secret not in shown


def test_settings_hold_exactly_one_credential(certificate: Certificate) -> None:
    for credential in ({}, {"secret": "x", "certificate": certificate}):
        with pytest.raises(ValueError, match="exactly one"):
            GraphSettings(tenant="t", client_id="c", **credential)  # type: ignore[arg-type]


def test_b15_every_cloud_has_its_own_addresses() -> None:
    assert CLOUDS.keys() == {"global", "us-l4", "us-dod", "china"}
    assert all(cloud.authority.startswith("https://login.") for cloud in CLOUDS.values())
    assert len({cloud.graph for cloud in CLOUDS.values()}) == 4


# --- the directory -----------------------------------------------------------------------------------


def test_s2_a_person_is_found_by_any_of_their_addresses(graph: GraphOutlook) -> None:
    user = graph.tenant.add_user(
        "c.carlson@contoso.test", "Cecilia", mail="cecilia@contoso.test", aliases=["cc@contoso.test"]
    )
    for address in ("c.carlson@contoso.test", "Cecilia@Contoso.test", "CC@contoso.test"):
        found = directory.find(graph.client, address)
        assert found.id == user.id
        assert {"cecilia@contoso.test", "c.carlson@contoso.test"} <= found.addresses


@pytest.mark.parametrize("address", ["nobody@contoso.test", "o'brien@contoso.test", "../users", "a b"])
def test_s2_an_address_that_is_nobodys_says_so(graph: GraphOutlook, address: str) -> None:
    with pytest.raises(NotFound) as caught:
        directory.find(graph.client, address)
    assert caught.value.code == "address_unknown"


def test_b15_without_directory_permission_the_sign_in_name_still_opens_the_calendar(graph: GraphOutlook) -> None:
    graph.simulator.control.consent("contoso.test", graph.app.client_id, ["Calendars.ReadWrite"])
    found = directory.find(graph.client, ANNA)
    assert (found.id, found.name, found.addresses) == (ANNA, "Anna Aalto", frozenset({ANNA}))
    with pytest.raises(NotFound) as caught:
        directory.find(graph.client, "nobody@contoso.test")
    assert caught.value.code == "address_unknown"
    assert directory.organisation(graph.client) is None
    assert directory.zone(graph.client, ANNA) is None


def test_a_person_whose_mailbox_is_on_premises_is_told_so(graph: GraphOutlook) -> None:
    graph.simulator.control.set_user(ANNA, on_premises=True)
    with pytest.raises(NotFound) as caught:
        directory.find(graph.client, ANNA)
    assert caught.value.code == "mailbox_on_premises"


def test_the_directory_tells_the_mailbox_zone_and_the_organisation(graph: GraphOutlook) -> None:
    graph.simulator.control.set_user(ANNA, zone="Tokyo Standard Time")
    assert directory.zone(graph.client, graph.user.id) == "Asia/Tokyo"
    found = directory.organisation(graph.client)
    assert found is not None
    assert (found.id, found.name, found.domains) == (graph.tenant.id, "Contoso", ("contoso.test",))


# --- consent -----------------------------------------------------------------------------------------

REDIRECT = "http://127.0.0.1:8000/granted/"


def decide(graph: GraphOutlook, decision: str, state: str) -> dict[str, str]:
    """Send an administrator through the real page and return what their browser brings back."""
    app = graph.simulator.world.add_app(secret=SECRET, redirect_uris=[REDIRECT])
    url = consent.admin_consent_url(
        authority=graph.simulator.base_url,
        graph=graph.simulator.base_url,
        client_id=app.client_id,
        redirect_uri=REDIRECT,
        state=state,
    )
    graph.settings = replace(graph.settings, client_id=app.client_id)
    assert parse_qs(urlsplit(url).query)["scope"] == [f"{graph.simulator.base_url}/.default"]
    verify = graph.settings.verify
    page = requests.get(url, verify=verify, timeout=20).text
    action = re.search(r'action="([^"]+)"', page)
    assert action is not None
    form = dict(re.findall(r'name="(client_id|redirect_uri|scope|state)" value="([^"]*)"', page))
    form = {name: html.unescape(value) for name, value in form.items()}
    form |= {"decision": decision, "chosen_tenant": graph.tenant.id}
    url = graph.simulator.base_url + action[1]
    answer = requests.post(url, data=form, verify=verify, timeout=20, allow_redirects=False)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_s6_an_administrator_grants_and_the_tenant_proves_it(graph: GraphOutlook) -> None:
    answer = consent.read_callback(decide(graph, "accept", "st&te ä"))
    assert answer == Granted(graph.tenant.id, "st&te ä")
    client = Client(replace(graph.settings, tenant=graph.tenant.id))
    proof = consent.prove(client)
    assert consent.NEEDED_ROLE in proof.roles
    assert proof.organisation is not None
    assert proof.organisation.domains == ("contoso.test",)
    client.close()


def test_s6_an_administrator_declines(graph: GraphOutlook) -> None:
    assert consent.read_callback(decide(graph, "deny", "s")) == Refused("consent_declined", "s")
    client = Client(graph.settings)
    with pytest.raises(Denied):
        consent.prove(client)
    client.close()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"admin_consent": "True", "error": "x", "tenant": "0" * 32, "state": "s"}, Refused("consent_declined", "s")),
        ({"error": "x", "error_description": "AADSTS65001: no"}, Refused("consent_missing", "")),
        ({"admin_consent": "True", "tenant": "contoso", "state": "s"}, Refused("callback_malformed", "s")),
        ({"admin_consent": "False", "tenant": "0" * 32}, Refused("consent_declined", "")),
        ({}, Refused("callback_malformed", "")),
    ],
)
def test_a_callback_that_grants_nothing(parameters: dict[str, str], expected: Refused) -> None:
    assert consent.read_callback(parameters) == expected


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a..c", "a.e30.c", "ä.ä.ä", "a.bnVsbA.c"])
def test_a_token_that_says_nothing_names_no_roles(token: str) -> None:
    assert consent.roles_in(token) == frozenset()
