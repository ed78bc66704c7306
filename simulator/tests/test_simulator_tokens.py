"""Sign-in of apps, admin consent, and what tokens may do."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from simulated_company import Company

SCOPE = "https://graph.microsoft.com/.default"


def _certificate() -> tuple[str, str, str]:
    """Private key and certificate in PEM, and the SHA-1 thumbprint."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + dt.timedelta(days=36500))
    ).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return private.decode(), public.decode(), certificate.fingerprint(hashes.SHA1()).hex()


def test_a_secret_gets_a_token_with_roles(company: Company) -> None:
    answer = company.token_request().json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3599
    keys = company.session.get(f"{company.simulator.base_url}/{company.tenant.id}/discovery/v2.0/keys").json()
    key = jwt.PyJWK(keys["keys"][0])
    claims = jwt.decode(answer["access_token"], key, audience="https://graph.microsoft.com", algorithms=["RS256"])
    assert claims["roles"] == ["Calendars.ReadWrite", "MailboxSettings.Read", "Organization.Read.All", "User.Read.All"]
    assert claims["tid"] == company.tenant.id


@pytest.mark.parametrize(
    ("changes", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000216),
        ({"client_id": "00000000-0000-0000-0000-00000000dead"}, 400, 700016),
        ({"scope": "Calendars.ReadWrite"}, 400, 1002012),
        ({"scope": ""}, 400, 900144),
        ({"grant_type": "password"}, 400, 70003),
        ({"client_assertion": "x.y.z", "client_assertion_type": "nonsense"}, 401, 700027),
    ],
)
def test_wrong_token_requests_say_which_aadsts(
    company: Company, changes: dict[str, str], status: int, number: int
) -> None:
    response = company.token_request(**changes)
    assert response.status_code == status
    assert response.json()["error_codes"] == [number]
    assert response.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_unknown_tenants_and_expired_secrets_are_refused(company: Company) -> None:
    url = f"{company.simulator.base_url}/nobody.test/v2.0/.well-known/openid-configuration"
    assert company.session.get(url).json()["error_codes"] == [90002]
    past = (company.simulator.world.now() - dt.timedelta(days=1)).isoformat()
    company.simulator.control.add_secret(company.app.client_id, "old", expires=past)
    assert company.token_request(client_secret="old").json()["error_codes"] == [7000222]


@pytest.mark.parametrize(
    ("switch", "number"), [("AADSTS65001", 65001), ("AADSTS700016", 700016), ("AADSTS7000229", 7000229)]
)
def test_without_consent_there_is_no_token(company: Company, switch: str, number: int) -> None:
    company.tenant.revoke(company.app)
    company.simulator.control.set_behaviour(without_consent=switch)
    assert company.token_request().json()["error_codes"] == [number]


def test_msal_signs_in_with_secret_and_with_certificate(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(company.simulator.ca_file))
    private, public, thumbprint = _certificate()
    company.app.add_certificate(public)
    credentials: list[object] = [
        "s3cret",
        {"private_key": private, "thumbprint": thumbprint, "public_certificate": public},
    ]
    for credential in credentials:
        client = msal.ConfidentialClientApplication(
            company.app.client_id,
            client_credential=credential,
            authority=f"{company.simulator.authority}/{company.tenant.id}",
            instance_discovery=False,
        )
        answer = client.acquire_token_for_client([SCOPE])
        assert "access_token" in answer, answer
    other, _, _ = _certificate()
    client = msal.ConfidentialClientApplication(
        company.app.client_id,
        client_credential={"private_key": other, "thumbprint": thumbprint},
        authority=f"{company.simulator.authority}/{company.tenant.id}",
        instance_discovery=False,
    )
    assert client.acquire_token_for_client([SCOPE])["error_codes"] == [700027]


def _consent_query(company: Company, **changes: str) -> dict[str, str]:
    query = {"client_id": company.app.client_id, "redirect_uri": company.app.redirect_uris[0], "scope": SCOPE}
    return {k: v for k, v in (query | {"state": "a b&c"} | changes).items() if v}


@pytest.mark.parametrize("decision", ["accept", "deny"])
def test_the_administrator_decides_on_the_consent_page(company: Company, decision: str) -> None:
    company.tenant.revoke(company.app)
    base = f"{company.simulator.base_url}/organizations/v2.0/adminconsent"
    page = company.session.get(base, params=_consent_query(company))
    assert page.status_code == 200
    assert "Calendars.ReadWrite" in page.text
    form = _consent_query(company, decision=decision, account=company.anna.user.id)
    answer = company.session.post(base, data=form, allow_redirects=False)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["a b&c"]
    assert query["x"] == ["1"]
    assert query["admin_consent"] == ["True"]
    assert company.token_request().ok is (decision == "accept")
    if decision == "accept":
        assert query["tenant"] == [company.tenant.id]
        assert query["scope"] == [SCOPE]
    else:
        assert query["error"] == ["consent_required"]


def test_only_an_administrator_can_consent_where_there_is_one(company: Company) -> None:
    company.tenant.revoke(company.app)
    boss = company.tenant.add_user(f"boss@{company.tenant.domain}", admin=True)
    base = f"{company.simulator.base_url}/{company.tenant.id}/adminconsent"
    page = company.session.get(base, params=_consent_query(company, scope=""))
    assert page.text.index(boss.upn) < page.text.index(company.anna.address)
    form = _consent_query(company, decision="accept", account=company.anna.user.id)
    refused = company.session.post(base, data=form, allow_redirects=False)
    assert refused.status_code == 400
    assert "AADSTS90094" in refused.text
    assert not company.token_request().ok
    accepted = company.session.post(base, data=form | {"account": boss.id}, allow_redirects=False)
    assert accepted.status_code == 302
    assert company.token_request().ok


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"redirect_uri": "https://evil.test/"}, "AADSTS50011"),
        ({"client_id": "unknown"}, "AADSTS700016"),
        ({"scope": ""}, "AADSTS900144"),
    ],
)
def test_the_consent_page_refuses_what_is_not_registered(
    company: Company, changes: dict[str, str], sentence: str
) -> None:
    url = f"{company.simulator.base_url}/{company.tenant.id}/v2.0/adminconsent"
    page = company.session.get(url, params=_consent_query(company, **changes))
    assert page.status_code == 400
    assert sentence in page.text


def test_calls_without_a_good_token_get_401(company: Company) -> None:
    for header in ("", "Bearer nonsense"):
        error = company.get("calendar", status=401, headers={"Authorization": header})["error"]
        assert error["code"] == "InvalidAuthenticationToken"
    company.simulator.control.expire_tokens()
    assert company.get("calendar", status=401)["error"]["innerError"]["request-id"]


def _use(company: Company, roles: list[str]) -> None:
    company.tenant.consent(company.app, roles)
    token = company.token_request().json()["access_token"]
    company.session.headers["Authorization"] = f"Bearer {token}"


def test_each_role_opens_its_own_doors(company: Company) -> None:
    graph = company.simulator.graph_url
    _use(company, ["Calendars.Read"])
    company.get("calendar")
    body = {"subject": "x", "start": {"dateTime": "2026-10-01T10:00:00"}, "end": {"dateTime": "2026-10-01T11:00:00"}}
    assert company.create(body, status=403)["error"]["code"] == "ErrorAccessDenied"
    assert company.get(f"{graph}/organization", status=403)["error"]["code"] == "Authorization_RequestDenied"
    assert company.get(f"{graph}/users", status=403)["error"]["code"] == "Authorization_RequestDenied"
    assert company.get("mailboxSettings", status=403)["error"]["code"] == "ErrorAccessDenied"
    _use(company, ["User.Read.All", "Organization.Read.All", "MailboxSettings.Read"])
    assert company.get(f"{graph}/organization")["value"][0]["id"] == company.tenant.id
    assert company.get("mailboxSettings")["timeZone"] == "FLE Standard Time"
    company.get("calendar", status=403)
    _use(company, ["MailboxSettings.ReadWrite"])
    company.call("PATCH", "mailboxSettings", json={"timeZone": "UTC"}, status=405)


def test_an_app_can_be_limited_to_a_group_of_mailboxes(company: Company) -> None:
    company.tenant.limit(company.app, [company.anna.address])
    company.get("calendar")
    error = company.get(f"{company.ben_url}/calendar", status=403)["error"]
    assert (error["code"], error["message"]) == ("ErrorAccessDenied", "Access to OData is disabled.")
    company.tenant.limit(company.app, None)
    company.get(f"{company.ben_url}/calendar")


def test_scoped_grants_work_without_roles_in_the_token(company: Company) -> None:
    company.tenant.grant_scoped(company.app, [company.ben.address])
    _use(company, [])
    company.get(f"{company.ben_url}/calendar")
    company.get("calendar", status=403)


def test_me_is_the_signed_in_person(company: Company) -> None:
    graph = company.simulator.graph_url
    assert company.get(f"{graph}/me", status=400)["error"]["code"] == "BadRequest"
    control = company.simulator.control
    token = control.issue_token(company.tenant.id, company.app.client_id, user=company.anna.address)
    company.session.headers["Authorization"] = f"Bearer {token['access_token']}"
    assert company.get(f"{graph}/me")["userPrincipalName"] == company.anna.address
    company.get(f"{graph}/me/calendar/events")
    company.get(f"{company.ben_url}/calendar", status=403)
