"""Everything that can be wrong with a Microsoft 365 tenant: which check fails, and the very sentences shown (B11)."""

from __future__ import annotations

import datetime as dt
import socket
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from almanakka.calendars import doctor
from almanakka.calendars.causes import CAUSES, reason, title, told
from almanakka.calendars.sentences import SENTENCES
from almanakka.remote.checks import Check, State, chain, failed
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.diagnosis import Tenant
from exchange_simulator import App, RunningSimulator
from exchange_simulator import Tenant as Simulated

from .servers import Certificates, answering, closed_port, silent

ANNA, BEN = "anna@contoso.test", "ben@contoso.test"
SECRET = "s3cret-of-the-app"
WAY = ["address", "name", "permitted", "connection", "certificate"]
OFFICE = ["registration", *WAY, *WAY, "tenant", "permission"]
MAILBOX = ["mailbox", "readable", "writable"]
#: A limit within which a busy machine has to answer some of it, in seconds.
PATIENT = 1.5
GRANT = "An administrator adds Calendars.ReadWrite to the app in Microsoft Entra and grants the permissions again."
RECENTLY_GRANTED = [
    "The permissions were granted only minutes ago: Microsoft takes a while to notice.",
    "Wait for some minutes and look again.",
]


@dataclass
class Office:
    simulator: RunningSimulator
    tenant: Simulated
    app: App
    settings: GraphSettings


@pytest.fixture
def office(simulator: RunningSimulator) -> Office:
    tenant = simulator.world.add_tenant("contoso.test", "Contoso")
    tenant.add_user(ANNA, "Anna Aalto")
    tenant.add_user(BEN, "Ben Berg")
    app = simulator.world.add_app(secret=SECRET)
    tenant.consent(app)
    settings = GraphSettings(
        tenant.id,
        app.client_id,
        authority=simulator.base_url,
        graph=simulator.base_url,
        secret=SECRET,
        verify=simulator.ca_file,
    )
    return Office(simulator, tenant, app, settings)


def looked(settings: GraphSettings, *people: str, limit: float = 10) -> list[Check]:
    """What the doctor finds; of each person's mailbox, too."""
    with closing(Tenant(settings, limit, people)) as tenant:
        found = list(doctor._tenant(tenant, settings, None))
        for person in people:
            found += chain(tenant.looks_at(person), person, failed(found[: len(OFFICE)]))
    assert [check.name for check in found] == OFFICE + MAILBOX * len(people)
    assert SECRET not in repr(found)
    return found


def ill(found: list[Check]) -> tuple[str, list[str]]:
    """The only check that failed, and the sentences that it is told with."""
    (one,) = [check for check in found if check.state is State.FAILED]
    lines = [line for cause in one.causes for line in (told(cause).what, told(cause).remedy)]
    assert all(cause.code in CAUSES or cause.code in SENTENCES for cause in one.causes)
    assert SECRET not in "".join(lines)
    for check in found:
        if check.state is State.NOT_TRIED:
            assert check.because == one.name
            assert reason(check) == f"Not tried, because this failed: {title(one.name)}."
    return one.name, lines


def untried(found: list[Check]) -> list[str]:
    return [check.name for check in found if check.state is State.NOT_TRIED]


# --- where nothing is wrong ----------------------------------------------------------------------


def test_all_is_well(office: Office) -> None:
    found = looked(office.settings, ANNA, BEN)
    assert {check.state for check in found} == {State.PASSED}
    assert [check.subject for check in found if check.name == "mailbox"] == [ANNA, BEN]


def test_nothing_is_written_anywhere_and_no_mail_is_sent(office: Office) -> None:
    """B1: nor where only a mailbox can show what we may."""
    office.tenant.consent(office.app, [])
    office.tenant.grant_scoped(office.app, [ANNA])
    person = office.simulator.person(ANNA)
    person.create_event(
        {
            "subject": "Lunch",
            "start": {"dateTime": "2026-10-05T12:00:00", "timeZone": "UTC"},
            "end": {"dateTime": "2026-10-05T13:00:00", "timeZone": "UTC"},
        }
    )
    before = person.dump()
    found = looked(office.settings, ANNA)
    assert {check.state for check in found} == {State.PASSED}
    assert person.dump() == before
    assert office.simulator.control.mails()["mails"] == []
    wrote = [
        request
        for request in office.simulator.control.requests()["requests"]
        if request["method"] != "GET" and not request["path"].endswith("/token")
    ]
    assert {(request["method"], request["status"]) for request in wrote} <= {("PATCH", 404), ("PATCH", 400)}
    assert "Lunch" not in repr(found)


def test_a_token_is_fetched_anew(office: Office) -> None:
    """One that runs share may be older than what is wrong now."""
    assert looked(office.settings)[-1].state is State.PASSED
    office.app.secrets.clear()
    assert ill(looked(office.settings))[0] == "tenant"


# --- the way there -------------------------------------------------------------------------------


def test_each_of_the_two_servers_is_looked_at_by_itself(office: Office) -> None:
    port = closed_port()
    found = looked(replace(office.settings, graph=f"https://127.0.0.1:{port}"), ANNA)
    assert ill(found) == (
        "connection",
        [
            f"On 127.0.0.1 nothing listens on port {port}.",
            "An Exchange administrator starts IIS on it, or an administrator corrects the address in the settings.",
            f"A firewall refuses connections to port {port} of 127.0.0.1.",
            "The network's administrator opens that port for this computer.",
        ],
    )
    assert [check.name for check in found if check.state is State.PASSED] == [
        "registration",
        *WAY,
        "address",
        "name",
        "permitted",
        "tenant",
    ]
    (failing,) = [check for check in found if check.state is State.FAILED]
    assert failing.subject == f"127.0.0.1:{port}"
    away = looked(replace(office.settings, authority=f"https://127.0.0.1:{port}"), ANNA)
    assert untried(away) == ["certificate", "tenant", "permission", *MAILBOX]


def test_an_unknown_host(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolve(host: str, *arguments: object, **options: object) -> object:
        if host.endswith("contoso.test"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    name, sentences = ill(looked(replace(office.settings, authority="https://login.contoso.test")))
    assert (name, sentences[0]) == ("name", "The name login.contoso.test is misspelt in the address.")


def test_an_address_that_nobody_goes_to(office: Office) -> None:
    name, sentences = ill(looked(replace(office.settings, graph="https://[::ffff:169.254.169.254]")))
    assert name == "address"
    assert sentences[0].startswith("The address in the settings leads where no Exchange Server is")


def test_a_certificate_that_is_not_trusted(office: Office, certificates: Certificates) -> None:
    with answering((200, {}, b""), certificate=certificates.good) as (port, signed):
        name, sentences = ill(looked(replace(office.settings, authority=f"https://127.0.0.1:{port}")))
    assert (name, sentences[0]) == (
        "certificate",
        "The certificate of the server was issued by Contoso authority, which is not trusted here.",
    )
    assert signed == []


def test_a_server_that_hangs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(doctor.VARIABLE, str(PATIENT))
    with silent() as port:
        settings = replace(office.settings, graph=f"https://127.0.0.1:{port}")
        assert ill(looked(settings, limit=PATIENT))[0] == "certificate"


def test_a_proxy_of_the_environment_goes_the_way_in_our_place(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """To Microsoft's own clouds; to an address that somebody entered nobody goes in our place."""
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    own = GraphSettings("contoso.test", "client", secret=SECRET)
    with closing(Tenant(own, PATIENT)) as tenant:
        found = list(doctor._tenant(tenant, own, None))
    left = [check for check in found if check.because == "proxied"]
    assert [check.name for check in left] == WAY[1:] * 2
    assert {reason(check) for check in left} == {"A proxy does this in our place."}
    name, _ = next((check.name, check) for check in found if check.state is State.FAILED)
    assert name == "tenant"
    assert looked(office.settings)[-1].state is State.PASSED


# --- the tenant and the app ----------------------------------------------------------------------


def test_a_wrong_secret(office: Office) -> None:
    assert ill(looked(replace(office.settings, secret="wrong"), ANNA)) == (
        "tenant",
        [
            "Microsoft does not accept the client secret.",
            "An administrator makes a new secret in Microsoft Entra and enters it in the settings.",
        ],
    )


def test_an_expired_secret(office: Office) -> None:
    office.app.secrets.clear()
    office.app.add_secret(SECRET, dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert ill(looked(office.settings))[1][0] == "The client secret has expired."


def test_a_tenant_that_microsoft_does_not_know(office: Office) -> None:
    assert ill(looked(replace(office.settings, tenant="fabrikam.test"))) == (
        "tenant",
        [
            "Microsoft does not know the tenant.",
            "An administrator checks the tenant in the settings and grants the permissions again.",
            "The tenant is in another of Microsoft's clouds than the settings say.",
            "An administrator chooses the right cloud in the settings.",
        ],
    )


def test_an_app_that_the_tenant_does_not_know(office: Office) -> None:
    assert ill(looked(replace(office.settings, client_id="00000000-0000-0000-0000-000000000000"))) == (
        "tenant",
        [
            "Microsoft does not know our app in this tenant.",
            "An administrator checks the client id in the settings and grants the permissions again.",
            "The app is registered in another tenant, and nobody has let it into this one.",
            "An administrator opens Settings > Integrations > Microsoft Exchange and chooses Grant permissions.",
        ],
    )


def test_no_consent(office: Office) -> None:
    office.tenant.revoke(office.app)
    assert ill(looked(office.settings)) == (
        "tenant",
        [
            "The permissions have not been granted, or not yet.",
            "An administrator opens Settings > Integrations > Microsoft Exchange and chooses Grant permissions.",
            *RECENTLY_GRANTED,
        ],
    )


def test_a_busy_sign_in(office: Office) -> None:
    office.simulator.world.faults.add("throttled", path="token", count=None)
    assert ill(looked(office.settings))[0] == "tenant"


BY_MAILBOX = [
    "Calendars.ReadWrite is granted for some mailboxes only, and for none of those that were tried.",
    "An administrator adds the people to the group whose calendars may be opened.",
]


@pytest.mark.parametrize("people", [(), (ANNA,)])
def test_a_permission_that_is_missing(office: Office, people: tuple[str, ...]) -> None:
    office.tenant.consent(office.app, ["User.Read.All"])
    found = looked(office.settings, *people)
    assert ill(found) == (
        "permission",
        ["Calendars.ReadWrite has not been granted to the app.", GRANT, *RECENTLY_GRANTED, *BY_MAILBOX],
    )
    assert [check.found for check in found if check.name == "permission"] == ["User.Read.All"]
    assert untried(found) == MAILBOX * len(people)


def test_a_permission_to_read_only(office: Office) -> None:
    office.tenant.consent(office.app, ["Calendars.Read"])
    assert ill(looked(office.settings, ANNA)) == (
        "permission",
        ["The app may read calendars, but not write to them.", GRANT, *RECENTLY_GRANTED, *BY_MAILBOX],
    )


def test_a_permission_mailbox_by_mailbox_is_shown_by_a_mailbox(office: Office) -> None:
    """B15: the token says nothing of it."""
    office.tenant.consent(office.app, [])
    office.tenant.grant_scoped(office.app, [ANNA])
    found = looked(office.settings, BEN, ANNA)
    assert ill(found) == ("mailbox", OUTSIDE_GROUP)
    assert [check.subject for check in found if check.state is State.FAILED] == [BEN]


def test_a_permission_to_read_mailbox_by_mailbox(office: Office) -> None:
    office.tenant.consent(office.app, [])
    office.tenant.grant_scoped(office.app, [ANNA], ("Calendars.ReadWrite",))
    office.tenant.consents[office.app.client_id].scoped_roles = {"Calendars.Read"}
    assert ill(looked(office.settings, ANNA))[0] == "permission"


# --- one person's mailbox ------------------------------------------------------------------------

OUTSIDE_GROUP = [
    "Microsoft lets us open some calendars of the company, but not this one.",
    "An administrator adds this person to the group whose calendars may be opened; it can take an hour.",
    "The person was added to the group only lately: Microsoft takes up to two hours to notice.",
    "Wait for two hours and look again.",
]


def test_a_person_outside_the_group(office: Office) -> None:
    office.tenant.limit(office.app, [BEN])
    found = looked(office.settings, ANNA, BEN)
    assert ill(found) == ("mailbox", OUTSIDE_GROUP)
    assert [check.state for check in found[-3:]] == [State.PASSED] * 3


def test_a_person_who_is_not_there(office: Office) -> None:
    assert ill(looked(office.settings, "nobody@contoso.test")) == (
        "mailbox",
        [
            "This person has no calendar in Microsoft 365.",
            "An administrator checks that the person has a mailbox and a licence for it.",
            "The person has been deleted in Microsoft 365, or is known by another address there.",
            "An administrator checks the person in Microsoft Entra, and the address in both systems.",
        ],
    )


def test_a_mailbox_on_the_companys_own_server(office: Office) -> None:
    office.simulator.control.set_user(ANNA, on_premises=True)
    assert ill(looked(office.settings, ANNA)) == (
        "mailbox",
        [
            "This mailbox is on the company's own Exchange Server, not in Microsoft 365.",
            "Ask your administrator to move the mailbox, or to connect the Exchange Server.",
            "The mailbox has been switched off or deleted.",
            "An administrator checks that the person has a mailbox and a licence for it.",
        ],
    )


def test_a_calendar_that_may_only_be_read(office: Office) -> None:
    office.simulator.control.set_user(ANNA, read_only=True)
    assert ill(looked(office.settings, ANNA)) == (
        "writable",
        [
            "The calendar may be read, but not changed.",
            "An Exchange administrator looks at the permissions of that folder.",
        ],
    )


def test_a_calendar_whose_events_are_not_given_out(office: Office) -> None:
    office.simulator.world.faults.add("access_denied", path="/events$", count=None)
    assert ill(looked(office.settings, ANNA)) == ("readable", OUTSIDE_GROUP)


def test_a_busy_mailbox(office: Office) -> None:
    office.simulator.world.faults.add("throttled", mailbox=ANNA, count=None)
    found = looked(office.settings, ANNA, BEN)
    assert ill(found)[1] == ["Microsoft asks us to wait: there have been too many requests.", "You need do nothing."]
