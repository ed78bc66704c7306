"""Who may switch what on, and whose mailbox an address opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.db import connection as database
from django.test import Client

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, remotes, switching, tenant
from almanakka.calendars.models import ActivityHint, Connection, Health, Mailbox, Pair, Proof
from almanakka.calendars.switching import Refused
from almanakka.database import encryption
from almanakka.sync.errors import Denied, NotFound

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> dict[str, remotes.Found]:
    """Mailboxes by address; whoever asks for another is told that there is none."""
    known: dict[str, remotes.Found] = {}

    def find(connection: Connection, address: str) -> remotes.Found:
        if address not in known:
            raise NotFound("0 people", "address_unknown")
        return known[address]

    monkeypatch.setattr(remotes, "find", find)
    return known


@pytest.fixture
def microsoft(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections that were proven; all of them are."""
    proven: list[Connection] = []

    def prove(connection: Connection) -> remotes.Proven:
        proven.append(connection)
        return remotes.Proven("Kuura Oy")

    monkeypatch.setattr(remotes, "prove", prove)
    return proven


def verify(user: User, address: str | None = None) -> None:
    EmailAddress.objects.create(user=user, email=address or user.email, verified=True)


def refused(attempt: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        attempt()
    return caught.value


# --- the person ----------------------------------------------------------------------------------


def test_a_person_switches_it_on_for_themself(
    aino: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S2, S12, S15."""
    verify(aino)
    directory["aino@kuura.example"] = remotes.Found("id-1", "Asia/Tokyo")
    mailbox = switching.enable(aino, acting=aino)
    mailbox.refresh_from_db()
    assert (mailbox.remote_id, mailbox.address, mailbox.time_zone) == ("id-1", "aino@kuura.example", "Asia/Tokyo")
    assert (mailbox.enabled, mailbox.proof, mailbox.proven_at, mailbox.due_at) == (True, Proof.MAIL, NOW, NOW)
    assert mailbox.cutoff == NOW - timedelta(days=30)


def test_nobody_switches_it_on_for_somebody_else(
    aino: User, boss: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S12: administrators included."""
    verify(aino)
    directory["aino@kuura.example"] = remotes.Found("id-1")
    assert refused(lambda: switching.enable(aino, acting=boss)).code == "not_yourself"
    assert not Mailbox.objects.exists()


def test_the_company_comes_first(aino: User, link: Connection, directory: dict[str, remotes.Found]) -> None:
    """S3."""
    verify(aino)
    Connection.objects.update(enabled=False)
    assert refused(lambda: switching.enable(aino, acting=aino)).code == "company_off"


def test_an_unproven_address_opens_nothing(aino: User, link: Connection, directory: dict[str, remotes.Found]) -> None:
    """S12."""
    directory["aino@kuura.example"] = remotes.Found("id-1")
    assert refused(lambda: switching.enable(aino, acting=aino)).code == "address_unproven"
    assert switching.enable(aino, acting=aino, proof=Proof.MICROSOFT).proof == Proof.MICROSOFT


def test_the_database_knows_no_enabled_mailbox_without_proof(aino_box: Mailbox) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Mailbox.objects.update(proven_at=None)


def test_an_address_that_matches_no_mailbox_is_named(
    aino: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S2."""
    verify(aino)
    verify(aino, "ai@muu.example")
    error = refused(lambda: switching.enable(aino, acting=aino))
    assert error.code == "address_unknown"
    assert error.details["addresses"] == "aino@kuura.example, ai@muu.example"


def test_a_verified_secondary_address_opens_a_mailbox_too(
    aino: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S2: case-insensitive, primary or verified secondary."""
    verify(aino)
    verify(aino, "Ai@Muu.example")
    directory["ai@muu.example"] = remotes.Found("id-1")
    assert switching.enable(aino, acting=aino).address == "ai@muu.example"


def test_one_mailbox_belongs_to_one_user(
    aino: User, eero: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S2."""
    for user in (aino, eero):
        verify(user)
        directory[user.email] = remotes.Found("shared")
    switching.enable(aino, acting=aino)
    error = refused(lambda: switching.enable(eero, acting=eero))
    assert (error.code, error.details) == ("mailbox_taken", {"address": "eero@kuura.example"})


def test_switched_on_again_it_goes_on_from_where_it_was(
    aino: User, boss: User, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    """S15: the moment is stored; what ended before it stays out for good."""
    verify(aino)
    directory[aino.email] = remotes.Found("id-1")
    mailbox = switching.enable(aino, acting=aino)
    Pair.objects.create(mailbox=mailbox, origin="o", born="here", state="live")
    switching.disable(aino, acting=boss)
    mailbox.refresh_from_db()
    assert not mailbox.enabled
    with clock.stopped_at(NOW + timedelta(days=100)):
        again = switching.enable(aino, acting=aino)
    assert (again.pk, again.cutoff, again.pairs.count()) == (mailbox.pk, mailbox.cutoff, 1)


def test_a_mailbox_once_known_by_its_address_is_the_same_by_its_id(
    aino: User, aino_box: Mailbox, directory: dict[str, remotes.Found]
) -> None:
    verify(aino)
    Mailbox.objects.update(remote_id=aino.email)
    directory[aino.email] = remotes.Found("id-1", addresses=frozenset({aino.email}))
    again = switching.enable(aino, acting=aino)
    assert (again.pk, again.remote_id) == (aino_box.pk, "id-1")


def test_of_another_mailbox_nothing_is_known(
    aino: User, aino_box: Mailbox, directory: dict[str, remotes.Found]
) -> None:
    verify(aino)
    Pair.objects.create(mailbox=aino_box, origin="o", born="here", state="live")
    directory[aino.email] = remotes.Found("somebody-elses-before")
    fresh = switching.enable(aino, acting=aino)
    assert (fresh.first_done_at, fresh.watermark, fresh.pairs.count()) == (None, None, 0)
    assert Mailbox.objects.get().pk == fresh.pk


def test_a_candidate_is_not_saved(aino: User, link: Connection, directory: dict[str, remotes.Found]) -> None:
    verify(aino)
    directory[aino.email] = remotes.Found("id-1")
    assert isinstance(switching.candidate(aino).pk, UUID)
    assert not Mailbox.objects.exists()


def test_s12_who_is_deactivated_switches_it_on_anew_with_an_address_proven_anew(
    aino: User, boss: User, aino_box: Mailbox, link: Connection, directory: dict[str, remotes.Found]
) -> None:
    verify(aino)
    client = Client()
    client.force_login(boss)
    client.post(f"/settings/users/{aino.pk}/active", {"active": "no"})
    client.post(f"/settings/users/{aino.pk}/active", {"active": "yes"})
    aino_box.refresh_from_db()
    assert not aino_box.enabled
    aino.refresh_from_db()
    assert refused(lambda: switching.enable(aino, acting=aino)).code == "address_unproven"


def test_only_oneself_and_administrators_switch_off(aino: User, eero: User, aino_box: Mailbox) -> None:
    assert refused(lambda: switching.disable(aino, acting=eero)).code == "not_yourself"
    switching.disable(aino, acting=aino)
    assert not Mailbox.objects.filter(enabled=True).exists()


@pytest.fixture
def board(
    aino: User, eero: User, aino_box: Mailbox, eero_box: Mailbox, company: Company, types: dict[str, ActivityType]
) -> Activity:
    """A meeting of which both have a copy; Aino's speaks for it. They share an activity with mirrors, too."""

    def shared() -> Activity:
        draft = Draft(type_id=types["meeting"].pk, owner_id=aino.pk, participants=[eero.pk], start=NOW, end=NOW)
        return changes.create(company.pk, draft, Origin(edited_at=NOW))

    meeting, mirrored = shared(), shared()
    for box in (aino_box, eero_box):
        marks = {"born": "there", "real": True, "master": box == aino_box}
        Pair.objects.create(mailbox=box, origin="o", activity=meeting.pk, event="meeting", state="live", **marks)
        Pair.objects.create(
            mailbox=box, origin="p", activity=mirrored.pk, event="mirror", state="live", born="here", master=False
        )
    ActivityHint.objects.all().delete()
    return meeting


def hinted() -> list[tuple[UUID, UUID, int]]:
    return list(ActivityHint.objects.values_list("mailbox_id", "activity", "version"))


def test_r5_whoever_has_the_next_copy_hears_that_the_one_that_spoke_is_switched_off(
    aino: User, eero: User, eero_box: Mailbox, board: Activity
) -> None:
    """It has to speak from now on, and not only from the daily run on."""
    switching.disable(aino, acting=aino)
    assert hinted() == [(eero_box.pk, board.pk, 1)]


def test_r5_whoever_may_have_waited_for_any_copy_hears_that_it_is_switched_off(
    aino: User, eero: User, board: Activity
) -> None:
    """One that did not speak may have been the last to tell that the meeting is cancelled."""
    switching.disable(eero, acting=eero)
    assert hinted() == [(Mailbox.objects.get(user=aino).pk, board.pk, 1)]


def test_r5_whoever_waited_for_that_copy_hears_that_it_is_switched_off(
    aino: User, eero_box: Mailbox, board: Activity
) -> None:
    """Their own copy was cancelled already, so they have no pair of it."""
    Pair.objects.filter(mailbox=eero_box, activity=board.pk).delete()
    switching.disable(aino, acting=aino)
    assert hinted() == [(eero_box.pk, board.pk, 1)]


def test_r5_whoever_has_it_off_themself_is_not_asked_to_speak(aino: User, eero: User, board: Activity) -> None:
    switching.disable(eero, acting=eero)
    ActivityHint.objects.all().delete()
    switching.disable(aino, acting=aino)
    assert hinted() == []


def test_r5_a_mailbox_given_up_for_another_hands_its_meetings_over(
    aino: User, eero_box: Mailbox, board: Activity, directory: dict[str, remotes.Found]
) -> None:
    verify(aino)
    directory[aino.email] = remotes.Found("somebody-elses-before")
    switching.enable(aino, acting=aino)
    assert hinted() == [(eero_box.pk, board.pk, 1)]


# --- the company ---------------------------------------------------------------------------------


@pytest.fixture
def fresh(link: Connection) -> Connection:
    """As an administrator has just filled it in."""
    Connection.objects.update(enabled=False, enabled_at=None, granted_at=None, granted_by=None, personal_type=None)
    link.refresh_from_db()
    return link


def test_an_administrator_switches_the_company_on(
    boss: User, fresh: Connection, types: dict[str, ActivityType], microsoft: list[Connection]
) -> None:
    """S3, S10: Personal is preset to the first active type of that category."""
    switching.enable_company(boss, fresh)
    fresh.refresh_from_db()
    assert (fresh.enabled, fresh.enabled_at, fresh.granted_by) == (True, NOW, boss)
    assert fresh.personal_type == types["personal"]
    assert fresh.health == Health.WELL


def test_nobody_else_does(
    aino: User, fresh: Connection, person: Callable[..., User], microsoft: list[Connection]
) -> None:
    """S5."""
    other = Company.objects.create(name="Muu Oy")
    stranger = User.objects.create_user("boss@muu.example", company=other, role="administrator")
    for somebody in (aino, stranger):
        for attempt in (
            lambda who=somebody: switching.enable_company(who, fresh),
            lambda who=somebody: switching.disable_company(who, fresh),
            lambda who=somebody: switching.begin_consent(who, fresh, "https://x.example/"),
            lambda who=somebody: switching.finish_consent(who, fresh, {}),
        ):
            assert refused(attempt).code == "not_administrator"
    assert not microsoft


def test_without_a_valid_default_type_it_refuses(boss: User, fresh: Connection, microsoft: list[Connection]) -> None:
    """S10."""
    ActivityType.objects.update(is_default=False)
    assert refused(lambda: switching.enable_company(boss, fresh)).code == "no_default_type"


def test_a_personal_type_taken_away_stays_away(boss: User, link: Connection, microsoft: list[Connection]) -> None:
    """S10: none set = no Personal type."""
    link.personal_type = None
    switching.enable_company(boss, link)
    link.refresh_from_db()
    assert link.personal_type is None


def test_a_connection_that_does_not_work_stays_off_and_says_why(
    boss: User, fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S11."""

    def prove(connection: Connection) -> None:
        raise Denied("AADSTS7000222", "secret_expired")

    monkeypatch.setattr(remotes, "prove", prove)
    with pytest.raises(Denied):
        switching.enable_company(boss, fresh)
    fresh.refresh_from_db()
    assert (fresh.enabled, fresh.health, fresh.error_code) == (False, Health.FAILING, "secret_expired")


def test_the_installations_app_needs_consent(boss: User, fresh: Connection, microsoft: list[Connection]) -> None:
    fresh.client_id = ""
    assert refused(lambda: switching.enable_company(boss, fresh)).code == "not_granted"


def test_a_tenant_belongs_to_one_company(boss: User, fresh: Connection, microsoft: list[Connection]) -> None:
    other = Company.objects.create(name="Muu Oy")
    Connection.objects.create(company=other, tenant_id=fresh.tenant_id, granted_at=NOW)
    assert refused(lambda: switching.enable_company(boss, fresh)).code == "tenant_taken"


def test_consent_is_granted_once_and_proven(boss: User, fresh: Connection, microsoft: list[Connection]) -> None:
    """S6."""
    url = switching.begin_consent(boss, fresh, "https://work.example/back")
    assert url.startswith("https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=client")
    answer = {"admin_consent": "True", "tenant": TENANT, "state": fresh.consent_nonce}
    assert fresh.consent_nonce in url
    switching.finish_consent(boss, fresh, answer)
    assert [proven.tenant_id for proven in microsoft] == [TENANT]
    fresh.refresh_from_db()
    assert (fresh.tenant_id, fresh.granted_at, fresh.granted_by) == (TENANT, NOW, boss)
    assert refused(lambda: switching.finish_consent(boss, fresh, answer)).code == "consent_stale"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"state": "forged"}, "consent_stale"),
        ({"error": "access_denied"}, "consent_declined"),
        ({"tenant": "not-a-tenant"}, "callback_malformed"),
    ],
)
def test_consent_that_is_not_one_changes_nothing(
    boss: User, fresh: Connection, microsoft: list[Connection], answer: dict[str, str], code: str
) -> None:
    switching.begin_consent(boss, fresh, "https://work.example/back")
    usual = {"admin_consent": "True", "tenant": TENANT, "state": fresh.consent_nonce}
    assert refused(lambda: switching.finish_consent(boss, fresh, usual | answer)).code == code
    fresh.refresh_from_db()
    assert (fresh.tenant_id, fresh.granted_at, fresh.consent_nonce) == ("tenant", None, "")
    assert not microsoft


def test_consent_that_took_too_long_is_refused(boss: User, fresh: Connection, microsoft: list[Connection]) -> None:
    switching.begin_consent(boss, fresh, "https://work.example/back")
    answer = {"admin_consent": "True", "tenant": TENANT, "state": fresh.consent_nonce}
    with clock.stopped_at(NOW + timedelta(hours=2)):
        assert refused(lambda: switching.finish_consent(boss, fresh, answer)).code == "consent_stale"


# --- secrets -------------------------------------------------------------------------------------


def stored(column: str) -> Any:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM calendars_connection")
        return cursor.fetchone()[0]


def test_a_secret_is_stored_closed_and_shown_nowhere(link: Connection) -> None:
    link.refresh_from_db()
    assert link.client_secret.reveal() == "s3cret"
    assert "s3cret" not in stored("client_secret")
    assert "s3cret" not in repr(link.client_secret) + str(link.client_secret) + repr(vars(link))
    assert not link.certificate
    assert stored("certificate") == ""


def test_keys_can_be_changed(link: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    old, new = encryption.keys()[0], Fernet.generate_key().decode()
    monkeypatch.setenv(encryption.VARIABLE, f"{new}, {old}")
    link.refresh_from_db()
    link.client_secret = link.client_secret.reveal()
    link.save()
    monkeypatch.setenv(encryption.VARIABLE, new)
    link.refresh_from_db()
    assert link.client_secret.reveal() == "s3cret"
    monkeypatch.setenv(encryption.VARIABLE, Fernet.generate_key().decode())
    link.refresh_from_db()
    with pytest.raises(Denied) as unreadable:
        tenant.graph_settings(link)
    assert unreadable.value.code == "secret_unreadable"


# --- how a connection is reached -----------------------------------------------------------------


def test_the_rows_own_addresses_go_before_the_clouds(link: Connection) -> None:
    """B15."""
    link.cloud = "us-dod"
    assert tenant.graph_settings(link).root == "https://dod-graph.microsoft.us/v1.0"
    link.graph_url, link.authority_url = "https://127.0.0.1:8443/v1.0/", "https://127.0.0.1:8443"
    settings = tenant.graph_settings(link)
    assert (settings.root, settings.authority) == ("https://127.0.0.1:8443/v1.0", "https://127.0.0.1:8443")


def test_a_company_without_an_app_uses_the_installations(link: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """S6."""
    link.client_id = ""
    with pytest.raises(Denied) as nothing:
        tenant.graph_settings(link)
    assert nothing.value.code == "not_registered"
    monkeypatch.setenv(tenant.CLIENT_ID, "ours")
    monkeypatch.setenv(tenant.CLIENT_SECRET, "hidden")
    settings = tenant.graph_settings(link)
    assert (settings.client_id, settings.secret) == ("ours", "hidden")


def test_a_certificate_goes_before_a_secret(link: Connection) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n"
    public = "-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n"
    for pem in (key + public, public + key):
        link.certificate = pem
        settings = tenant.graph_settings(link)
        assert settings.secret is None
        assert settings.certificate is not None
        assert settings.certificate.public.strip() == public.strip()
        assert settings.certificate.private_key.strip() == key.strip()
    link.certificate = public
    with pytest.raises(Denied) as useless:
        tenant.graph_settings(link)
    assert useless.value.code == "certificate_unusable"


def test_authorities_may_be_a_path_or_the_text_itself(link: Connection) -> None:
    link.ca_bundle = "/etc/ssl/own.pem"
    assert tenant.graph_settings(link).verify == "/etc/ssl/own.pem"
    link.ca_bundle = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
    path = tenant.graph_settings(link).verify
    assert path is not None
    assert path == tenant.graph_settings(link).verify
    with open(path, encoding="ascii") as file:
        assert file.read() == link.ca_bundle
