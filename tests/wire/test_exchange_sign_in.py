"""A delegate account that the server refuses: nobody's account is locked, and the whole company waits (S8, S11)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils.translation import override

from almanakka.accounts.models import Role, User
from almanakka.calendars import clock, doctor, remotes, schedule, standstill, switching, triggers, wiring, worker
from almanakka.calendars.models import Connection, Health, Mailbox, Run
from almanakka.remote.checks import State
from almanakka.sync.errors import Denied, Unreachable
from exchange_simulator import RunningSimulator

from .office import Somebody, single, told
from .server_office import PASSWORD, ServerOffice


@pytest.fixture
def office(server_office: ServerOffice) -> ServerOffice:
    server_office.join(server_office.ben)
    return server_office


@pytest.fixture
def boss(office: ServerOffice) -> User:
    return User.objects.create_user("boss@contoso.test", company=office.company, role=Role.ADMINISTRATOR)


def change_password(office: ServerOffice, password: str) -> None:
    office.simulator.world.exchange.accounts["calsync"].password = password
    office.sign_ins_are_forgotten()


def attempts(office: ServerOffice) -> int:
    return office.simulator.world.exchange.failed_sign_ins


def stands_still(office: ServerOffice, somebody: Somebody) -> None:
    """Nothing runs, however often it is asked for, and not even a request is sent."""
    office.simulator.control.clear_requests()
    with clock.stopped_at(office.now):
        for _ in range(3):
            schedule.wake(somebody.box.pk)
            assert schedule.make_due([somebody.box.pk]) == []
            assert schedule.due() == []
            assert wiring.run_mailbox(somebody.box.pk) is None
    assert office.simulator.control.requests()["requests"] == []


@pytest.mark.parametrize("scheme", ["ntlm", "basic"])
def test_a_refused_password_stops_the_company_until_it_is_entered_anew(
    office: ServerOffice, boss: User, scheme: str
) -> None:
    office.simulator.world.exchange.schemes = (scheme,)
    office.anna.put(single("Theirs"))
    office.run()
    change_password(office, "changed")
    assert told(office.run()) == "sign_in_refused"
    assert attempts(office) == 2
    office.connection.refresh_from_db()
    assert (office.connection.health, office.connection.error_code) == (Health.FAILING, "sign_in_refused")
    for hours in (0, 1, 24, 24 * 30):
        office.tick(hours=hours)
        for somebody in (office.anna, office.ben):
            stands_still(office, somebody)
            somebody.box.refresh_from_db()
            assert (somebody.box.health, somebody.box.error_code) == (Health.FAILING, "sign_in_refused")
    for ask in (remotes.prove, lambda link: remotes.find(link, "ben@contoso.test")):
        with pytest.raises(Denied) as denied:
            ask(office.connection)
        assert denied.value.code == "sign_in_refused"
    assert attempts(office) == 2

    with clock.stopped_at(office.now):
        entered = {"url": office.connection.ews_url, "domain": "CONTOSO", "name": "calsync"}
        switching.enter_server(boss, office.connection, **entered, password="changed")
        switching.try_again(boss, office.connection)
        assert set(schedule.due()) >= {office.anna.box.pk}
    office.anna.put(single("Theirs, fresh", days=1))
    office.ends_well()
    assert attempts(office) == 2
    office.connection.refresh_from_db()
    assert (office.connection.health, office.connection.refused_at) == (Health.WELL, None)
    assert office.anna.box.error_code == ""


def test_the_doctor_tries_once_and_stops_the_company_too(office: ServerOffice) -> None:
    change_password(office, "changed")
    for _ in range(2):
        ill = [finding for finding in doctor.examine() if finding.check.state is State.FAILED]
        assert "sign_in" in {finding.check.name for finding in ill}
        assert attempts(office) == 1
    stands_still(office, office.anna)


def test_trying_again_in_vain_costs_two_attempts_and_stops_again(office: ServerOffice, boss: User) -> None:
    change_password(office, "changed")
    office.run()
    with clock.stopped_at(office.now), pytest.raises(Denied):
        switching.try_again(boss, office.connection)
    assert attempts(office) == 4
    stands_still(office, office.anna)
    change_password(office, PASSWORD)
    with clock.stopped_at(office.now):
        switching.try_again(boss, office.connection)
    office.ends_well()
    assert attempts(office) == 4


def test_another_servers_password_is_asked_for(office: ServerOffice, boss: User) -> None:
    """Whoever may change the URL must not have the password sent to a server of their choice."""
    url = "https://elsewhere.example/EWS/Exchange.asmx"
    switching.enter_server(boss, office.connection, url=url, domain="CONTOSO", name="calsync")
    office.connection.refresh_from_db()
    assert not office.connection.delegate_password
    with pytest.raises(Denied) as denied:
        remotes.prove(office.connection)
    assert denied.value.code == "delegate_missing"


def test_only_administrators_enter_it(office: ServerOffice) -> None:
    """S5."""
    for attempt in (
        lambda: switching.try_again(office.anna.user, office.connection),
        lambda: switching.enter_server(office.anna.user, office.connection, url="", domain="", name=""),
    ):
        with pytest.raises(switching.Refused) as refused:
            attempt()
        assert refused.value.code == "not_administrator"


def test_a_connection_that_was_closed_is_opened_again(office: ServerOffice) -> None:
    """One 401 may mean a connection that the server has forgotten; the second attempt is on a fresh one."""
    office.anna.put(single("Theirs"))
    office.run()
    office.fault("unauthorized")
    row = office.run()
    assert (row.error_code, row.requests) == ("", 2)
    assert attempts(office) == 0
    office.ends_well()


def test_extended_protection_is_kept(office: ServerOffice) -> None:
    office.simulator.world.exchange.binding_required = True
    office.anna.put(single("Theirs"))
    office.ends_well()


def test_two_companies_share_no_signed_in_connection(office: ServerOffice) -> None:
    """Another company with the very same settings signs in for itself, and not at all with a wrong password."""
    office.run()
    other = type(office.company).objects.create(name="Fabrikam")
    entered = {name: getattr(office.connection, name) for name in ("kind", "ews_url", "domain", "delegate_name")}
    link = Connection.objects.create(
        company=other, **entered, ca_bundle=office.connection.ca_bundle, delegate_password="guessed"
    )
    with pytest.raises(Denied):
        remotes.find(link, "anna@contoso.test")
    office.connection.refresh_from_db()
    assert office.connection.refused_at is None
    assert office.run().error_code == ""


# --- many at once --------------------------------------------------------------------------------


@pytest.fixture
def crowd(served: RunningSimulator, empty_queue: None, request: pytest.FixtureRequest) -> Iterator[ServerOffice]:
    """So many people whose mailboxes are all due at once; the clock goes on."""
    with override("en"):
        office = ServerOffice(served)
        office.simulator.world.clock.reset()
        for number in range(request.param - 1):
            address = f"person{number}@contoso.test"
            office.tenant.add_user(address, f"Person {number}")
            user = User.objects.create_user(address, company=office.company)
            Mailbox.objects.create(
                user=user,
                connection=office.connection,
                remote_id=address,
                address=address,
                enabled=True,
                enabled_at=office.now,
                cutoff=office.now - timedelta(days=30),
                proven_at=office.now,
            )
        yield office


def two_workers(concurrency: int = 6) -> None:
    """Run everything that is due on two workers at once."""
    triggers.nudge(schedule.make_due(list(Mailbox.objects.filter(enabled=True).values_list("pk", flat=True))))
    with ThreadPoolExecutor(2) as workers:
        for done in [workers.submit(worker.work, concurrency, wait=False) for _ in range(2)]:
            done.result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("crowd", "scheme"), [(50, "ntlm"), (14, "basic")], indirect=["crowd"])
def test_many_mailboxes_due_at_once_lock_nobody_out(crowd: ServerOffice, scheme: str) -> None:
    crowd.simulator.world.exchange.schemes = (scheme,)
    change_password(crowd, "changed")
    two_workers()
    assert attempts(crowd) == 2
    assert 1 <= Run.objects.count() <= 12
    assert set(Run.objects.values_list("error_code", flat=True)) == {"sign_in_refused"}
    assert set(Mailbox.objects.filter(enabled=True).values_list("error_code", flat=True)) == {"sign_in_refused"}
    two_workers()
    assert attempts(crowd) == 2

    crowd.connection.refresh_from_db()
    boss = User.objects.create_user("boss@contoso.test", company=crowd.company, role=Role.ADMINISTRATOR)
    link, password = crowd.connection, "changed"
    switching.enter_server(boss, link, url=link.ews_url, domain="CONTOSO", name="calsync", password=password)
    two_workers()
    assert attempts(crowd) == 2
    assert not Mailbox.objects.filter(enabled=True, first_done_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("crowd", [30], indirect=True)
def test_a_busy_server_is_asked_by_nobody_but_those_under_way(crowd: ServerOffice) -> None:
    crowd.fault("throttled", count=None, retry_after=600)
    crowd.simulator.control.clear_requests()
    for _ in range(2):
        two_workers()
        assert 1 <= len(crowd.simulator.control.requests()["requests"]) <= 12
    assert Mailbox.objects.filter(enabled=True, not_before__isnull=False).count() == Run.objects.count() <= 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("crowd", [1], indirect=True)
def test_nobody_waits_for_ever_for_others_to_sign_in(crowd: ServerOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "ALONE", standstill.ALONE.replace("20s", "20ms"))
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with standstill.signing_in(crowd.connection.pk):
                held.set()
                free.wait(60)
        finally:
            database.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    try:
        with pytest.raises(Unreachable):
            remotes.prove(crowd.connection)
    finally:
        free.set()
        holder.join()
    assert remotes.prove(crowd.connection).name == "Exchange 2019 or SE"
