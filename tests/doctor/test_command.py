"""The command ``almanakka doctor``: the installation, every connection, every mailbox (S11, B11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.db.utils import OperationalError

from almanakka import cli
from almanakka.accounts.models import Company, User
from almanakka.calendars import clock, doctor, exchange, installation, tenant
from almanakka.calendars.models import Cloud, Connection, Kind, Mailbox, Proof
from almanakka.database import encryption
from almanakka.remote import sessions
from exchange_simulator import RunningSimulator

PASSWORD, SECRET = "s3cret-of-calsync", "s3cret-of-the-app"


@pytest.fixture(autouse=True)
def _plainly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(doctor.VARIABLE, "10")
    sessions.close()
    yield
    sessions.close()


@pytest.fixture
def company(simulator: RunningSimulator, db: None) -> Company:
    """Kuura has Aino on its own server and Eero in Microsoft 365; Onni has switched nothing on."""
    company = Company.objects.create(name="Kuura Oy")
    for name in ("Aino", "Eero", "Onni"):
        User.objects.create_user(f"{name.lower()}@kuura.test", company=company, full_name=name)
    there = simulator.world.add_tenant("kuura.test", "Kuura Oy")
    for name in ("aino", "eero", "onni"):
        there.add_user(f"{name}@kuura.test")
    simulator.world.add_exchange(there.id, "KUURA")
    simulator.control.add_account("calsync", PASSWORD)
    app = simulator.world.add_app(secret=SECRET)
    there.consent(app)
    shared = {"company": company, "ca_bundle": simulator.ca_file, "enabled": True, "enabled_at": clock.now()}
    server = Connection.objects.create(
        kind=Kind.EXCHANGE,
        ews_url=simulator.exchange_url,
        domain="KUURA",
        delegate_name="calsync",
        delegate_password=PASSWORD,
        **shared,
    )
    office = Connection.objects.create(
        cloud=Cloud.OTHER,
        authority_url=simulator.base_url,
        graph_url=simulator.base_url,
        tenant_id=there.id,
        client_id=app.client_id,
        client_secret=SECRET,
        **shared,
    )
    join("aino@kuura.test", server)
    join("eero@kuura.test", office)
    return company


def join(address: str, link: Connection) -> Mailbox:
    now = clock.now()
    return Mailbox.objects.create(
        user=User.objects.get(email=address),
        connection=link,
        remote_id=address,
        address=address,
        enabled=True,
        enabled_at=now,
        cutoff=now,
        proven_at=now,
        proof=Proof.MAIL,
    )


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.main(["doctor", *arguments])
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err
    assert SECRET not in said.out + said.err
    return code, said.out


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code, out = told(capsys, "--json", *arguments)
    found = json.loads(out)
    assert found["well"] == (code == 0)
    return code, found["checks"]


#: What is written down of a refused password.
NOTED = ("refused_at", "health", "error_code", "error_detail")


def stored(*without: str) -> str:
    rows = [*Connection.objects.order_by("pk").values(), *Mailbox.objects.order_by("pk").values()]
    return repr([{name: value for name, value in row.items() if name not in without} for row in rows])


# --- for people ----------------------------------------------------------------------------------


def test_all_is_well(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    before = stored()
    code, out = told(capsys)
    assert code == 0
    assert "✗" not in out
    assert "–" not in out
    lines = out.splitlines()
    for line in (
        "Installation",
        "  ✓ The encryption keys are there: 1",
        "  ✓ The database is up to date",
        "Kuura Oy: Exchange Server",
        "  ✓ The server accepts the delegate account: KUURA\\calsync",
        "  ✓ Exchange Web Services answer: Exchange 2019 or SE (15.2.1544)",
        "aino@kuura.test",
        "  ✓ The calendar can be written to: CreateContents, Modify, Delete",
        "Kuura Oy: Office 365",
        "  ✓ The app may read and write calendars: Calendars.ReadWrite",
        "  ✓ The calendar can be written to: Calendars.ReadWrite",
    ):
        assert line in lines, out
    assert "  ✓ The database answers: PostgreSQL 18" in out
    assert stored() == before


def test_one_fault_hides_no_other(
    company: Company, simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.world.exchange.accounts["calsync"].password = "another"
    simulator.control.set_user("eero@kuura.test", read_only=True)
    before = stored(*NOTED)
    code, out = told(capsys)
    assert code == 1
    assert (
        "  ✗ The server accepts the delegate account: HTTP 401\n"
        "      It is one of these:\n"
        "      1. The domain, the name or the password of KUURA\\calsync is wrong.\n"
        "         An administrator enters them anew. We tried once only: every further try may lock the account.\n"
        "      2. The account KUURA\\calsync is locked or disabled, or its password has expired.\n"
        "         An Exchange administrator looks at the account in Active Directory.\n"
        "      3. The server wants Extended Protection, and something between us and it ends the encryption.\n"
        "         An Exchange administrator gives that device the server's own certificate, "
        "or has it pass us through.\n"
        "  – Exchange Web Services answer\n"
        "      Not tried, because this failed: The server accepts the delegate account.\n"
        "aino@kuura.test\n"
        "  – Not tried, because this failed: The server accepts the delegate account.\n"
        "Kuura Oy: Office 365\n"
    ) in out
    assert (
        "  ✗ The calendar can be written to: canEdit: false\n"
        "      The calendar may be read, but not changed.\n"
        "      An Exchange administrator looks at the permissions of that folder.\n"
    ) in out
    assert simulator.world.exchange.failed_sign_ins == 1
    refused = Connection.objects.get(kind=Kind.EXCHANGE)
    assert refused.refused_at is not None, "so that nobody tries again, and the account is not locked"
    assert stored(*NOTED) == before, "nothing but that"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Tunnuksen KUURA\\calsync toimialue, nimi tai salasana on väärä."),
        ("sv", "Domänen, namnet eller lösenordet för KUURA\\calsync är fel."),
    ],
)
def test_it_speaks_the_language_of_whoever_asks(
    company: Company,
    simulator: RunningSimulator,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    sentence: str,
) -> None:
    simulator.world.exchange.accounts["calsync"].password = "another"

    def said(*options: str) -> str:
        Connection.objects.update(refused_at=None)  # the administrator has entered it anew, as wrong as before
        return told(capsys, *options)[1]

    assert sentence in said("--language", language)
    monkeypatch.setenv("LANG", f"{language}_FI.UTF-8")
    assert sentence in said()
    assert sentence not in said("--language", "en")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "is wrong." in said()


def test_one_persons_mailbox(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = rows(capsys, "Aino@Kuura.test")
    assert code == 0
    assert [row["name"] for row in found if row["about"] == "mailbox"] == ["aino@kuura.test"] * 3
    assert {row["about"] for row in found} == {"installation", "exchange_server", "mailbox"}


def test_somebody_who_has_it_off_is_looked_for_everywhere(
    company: Company, simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """S12: nothing of what the calendar holds is read."""
    code, found = rows(capsys, "onni@kuura.test")
    assert code == 0
    assert [row["name"] for row in found if row["about"] == "mailbox"] == ["onni@kuura.test"] * 6
    assert not Mailbox.objects.filter(user__email="onni@kuura.test").exists()


def test_somebody_whom_we_do_not_know(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "nobody@kuura.test"]) == 1
    assert "Nobody has the e-mail address nobody@kuura.test." in capsys.readouterr().err


def test_connections_that_are_switched_off(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    Connection.objects.update(enabled=False)
    assert {row["about"] for row in rows(capsys)[1]} == {"installation"}
    assert {row["about"] for row in rows(capsys, "--all")[1]} == {
        "installation",
        "exchange_server",
        "office_365",
        "mailbox",
    }


def test_a_mailbox_whose_last_run_failed_although_nothing_is_wrong_now(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    Mailbox.objects.update(health="failing", error_code="internal", error_detail="KeyError")
    code, out = told(capsys)
    assert code == 1
    assert (
        "  ✗ The last synchronisation went well: KeyError\n"
        "      There is a fault in Almanakka.\n"
        "      If this lasts, tell your administrator; the log of the server says more.\n"
    ) in out
    Mailbox.objects.update(health="waiting", error_code="throttled")
    assert told(capsys)[0] == 0


# --- for programs --------------------------------------------------------------------------------


def test_json_says_everything(
    company: Company, simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.control.add_account("calsync", PASSWORD, scope=[])
    code, found = rows(capsys)
    assert code == 1
    (ill,) = [row for row in found if row["state"] == "failed"]
    assert ill == {
        "about": "mailbox",
        "name": "aino@kuura.test",
        "check": "impersonation",
        "title": "The delegate account may act for this person",
        "subject": "aino@kuura.test",
        "state": "failed",
        "found": "ErrorImpersonateUserDenied: The account may not impersonate the requested user.",
        "because": "",
        "reason": "",
        "causes": [
            {
                "code": "impersonation_denied",
                "what": "The account KUURA\\calsync may act for others, but not for aino@kuura.test.",
                "remedy": "An Exchange administrator adds the person to those for whom our script gave the right.",
            },
            {
                "code": "impersonation_recent",
                "what": "The right was given only a while ago: Exchange takes up to an hour to notice.",
                "remedy": "Wait for an hour and look again.",
            },
        ],
    }
    left = [row for row in found if row["state"] == "not_tried"]
    assert [(row["check"], row["because"]) for row in left] == [
        ("readable", "impersonation"),
        ("writable", "impersonation"),
    ]


# --- settings that lack something ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "check", "what"),
    [
        ({"delegate_password": ""}, "settings", "The name or the password of the delegate account is missing."),
        ({"ews_url": ""}, "settings", "The Exchange URL is missing."),
        ({"client_secret": ""}, "registration", "No app registration is set up."),
        ({"tenant_id": ""}, "registration", "Microsoft has not granted us the permissions yet."),
    ],
)
def test_settings_that_are_incomplete(
    company: Company, capsys: pytest.CaptureFixture[str], changes: dict[str, str], check: str, what: str
) -> None:
    kind = Kind.EXCHANGE if check == "settings" else Kind.GRAPH
    Connection.objects.filter(kind=kind).update(**changes)
    code, found = rows(capsys)
    assert code == 1
    (ill,) = [row for row in found if row["state"] == "failed"]
    assert (ill["check"], ill["causes"][0]["what"]) == (check, what)
    after = [row for row in found if row["state"] == "not_tried"]
    assert {row["because"] for row in after} == {check}
    assert len(after) == (11 if check == "settings" else 15)


def test_a_password_that_was_refused_is_not_tried_again(
    company: Company, simulator: RunningSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    Connection.objects.filter(kind=Kind.EXCHANGE).update(refused_at=clock.now())
    simulator.world.exchange.accounts["calsync"].password = "another"
    (ill,) = [row for row in rows(capsys)[1] if row["state"] == "failed"]
    assert (ill["check"], ill["causes"][0]["code"]) == ("sign_in", "refused_before")
    assert simulator.world.exchange.failed_sign_ins == 0


def test_a_credential_that_is_a_file_that_is_not_there(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Connection.objects.filter(kind=Kind.GRAPH).update(client_id="")
    monkeypatch.setenv(tenant.CLIENT_ID, "client")
    monkeypatch.setenv(tenant.CERTIFICATE, "/nowhere/almanakka.pem")
    (ill,) = [row for row in rows(capsys)[1] if row["state"] == "failed"]
    assert (ill["check"], ill["causes"][0]["what"]) == ("registration", "The certificate cannot be used.")


def test_a_connection_is_examined_as_it_is_in_memory(company: Company, simulator: RunningSimulator) -> None:
    """What an administrator has just typed can be tried before it is stored."""
    link = Connection.objects.get(kind=Kind.EXCHANGE)
    link.ews_url = "https://169.254.169.254/EWS/Exchange.asmx"
    found = [finding.check for finding in doctor.examine_connection(link)]
    assert [check.name for check in found if check.causes] == ["address"]
    assert exchange.server_settings(Connection.objects.get(pk=link.pk)).url == simulator.exchange_url


# --- the installation ----------------------------------------------------------------------------


def installed(name: str) -> tuple[str, list[str]]:
    found = {check.name: check for check in installation.checks()}
    return found[name].state.value, [cause.code for cause in found[name].causes]


@pytest.mark.django_db
def test_keys_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(encryption.VARIABLE, "not-a-key")
    assert installed("keys") == ("failed", ["key_malformed"])


@pytest.mark.django_db
def test_a_data_directory_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(installation, "data_directory", lambda: tmp_path / "none")
    assert installed("data_directory") == ("failed", ["data_directory_missing"])
    monkeypatch.setattr(installation, "data_directory", lambda: tmp_path)
    monkeypatch.setattr(installation.os, "access", lambda *arguments: False)
    assert installed("data_directory") == ("failed", ["data_directory_closed"])


@pytest.mark.django_db
def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def cursor() -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(database, "cursor", cursor)
    code, out = told(capsys)
    assert code == 1
    assert (
        "  ✗ The database answers\n"
        "      This went wrong: connection refused.\n"
        "      Whoever runs Almanakka puts this right.\n"
        "  – The database is up to date\n"
        "      Not tried, because this failed: The database answers.\n"
    ) in out


@pytest.mark.django_db
def test_a_database_that_is_behind(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from django.db.migrations.executor import MigrationExecutor

    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *arguments: [("one", False), ("two", False)])
    code, out = told(capsys)
    assert code == 1
    assert "      2 migrations are missing.\n      Run: almanakka migrate\n" in out
