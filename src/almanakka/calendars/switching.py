"""Switching the synchronisation on and off: first the company, then each person for themself (S2, S3, S5, S10-S12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from secrets import compare_digest, token_urlsafe
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from almanakka.accounts import addresses
from almanakka.accounts.models import User
from almanakka.accounts.signals import deactivated
from almanakka.activities import queries
from almanakka.calendars import clock, codes, hints, leaving, remotes, standstill, tenant, triggers
from almanakka.calendars.models import Connection, Health, Kind, Mailbox, Proof
from almanakka.calendars.relocation import transfer
from almanakka.remote.destinations import entered
from almanakka.remote.graph import consent
from almanakka.sync.errors import CalendarError, NotFound
from almanakka.sync.scope import AGE
from almanakka.sync.zones import same_behaviour

CONSENT_WITHIN = timedelta(hours=1)
#: What a directory answers that knows nobody by an address.
_NOBODY = ("address_unknown", "mailbox_not_found", "mailbox_not_on_server")


class Refused(Exception):
    """Not done, for the reason that :mod:`almanakka.calendars.sentences` tells of ``code``."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


# --- the company ---------------------------------------------------------------------------------


def begin_consent(acting: User, connection: Connection, redirect_uri: str) -> str:
    """Where to send the administrator to grant the permissions (S6)."""
    _require_administrator(acting, connection)
    connection.consent_nonce = token_urlsafe(32)
    connection.consent_expires_at = clock.now() + CONSENT_WITHIN
    connection.save(update_fields=["consent_nonce", "consent_expires_at"])
    place = tenant.place(connection)
    return consent.admin_consent_url(
        authority=place.authority,
        graph=place.graph,
        client_id=tenant.client_id(connection),
        redirect_uri=redirect_uri,
        state=connection.consent_nonce,
    )


def finish_consent(acting: User, connection: Connection, parameters: Mapping[str, str]) -> Connection:
    """Take what came back from Microsoft; the tenant is stored only once it has given us a token.

    Raises Refused or CalendarError. What came back is good for one attempt.
    """
    _require_administrator(acting, connection)
    answer = consent.read_callback(parameters)
    asked, expires = connection.consent_nonce, connection.consent_expires_at
    used_up = Connection.objects.filter(pk=connection.pk, consent_nonce=asked).exclude(consent_nonce="")
    fresh = used_up.update(consent_nonce="", consent_expires_at=None)
    if not fresh or not compare_digest(asked, answer.state) or expires is None or expires < clock.now():
        raise Refused("consent_stale")
    if isinstance(answer, consent.Refused):
        raise Refused(answer.code)
    connection.consent_nonce, connection.consent_expires_at = "", None
    connection.tenant_id = answer.tenant
    _require_own_tenant(connection)
    remotes.prove(connection)
    connection.granted_at, connection.granted_by = clock.now(), acting
    connection.save()
    return connection


def enter_server(
    acting: User, connection: Connection, *, url: str, domain: str, name: str, password: str | None = None
) -> Connection:
    """Take what the administrator has entered about the company's Exchange Server (S5, S8); None keeps the password.

    Raises Refused, ValidationError for what makes no sense, or Denied for an address to which we never connect. What
    stands still for a refused password goes on.
    """
    _require_administrator(acting, connection)
    if password is None and (url, name) != (connection.ews_url, connection.delegate_name):
        password = ""  # one server's or account's password is shown to no other
    if url:
        entered(url)
    connection.ews_url, connection.domain, connection.delegate_name = url.strip(), domain.strip(), name.strip()
    fields = ["ews_url", "domain", "delegate_name"]
    if password is not None:
        connection.delegate_password = password
        fields.append("delegate_password")
    connection.clean_fields(exclude={field.name for field in connection._meta.fields} - set(fields))
    connection.save(update_fields=fields)
    _lift(connection)
    return connection


def try_again(acting: User, connection: Connection) -> None:
    """Try whether the connection works after all, and if it does, have all its mailboxes go on.

    Raises Refused or CalendarError. One more sign-in, or two: who presses this again and again locks the account.
    """
    _require_administrator(acting, connection)
    standstill.lift(connection)
    _prove(connection)
    _lift(connection)


def enable_company(acting: User, connection: Connection) -> Connection:
    """Switch the connection on for the company, if it works (S5, S10, S11); raises Refused or CalendarError.

    A tenant that came with the company's own app registration proves itself here; with the installation's, only the
    administrator's consent does.
    """
    _require_administrator(acting, connection)
    if queries.default_type(connection.company_id) is None:
        raise Refused("no_default_type")
    if connection.kind == Kind.GRAPH:
        if connection.granted_at is None and not connection.client_id:
            raise Refused("not_granted")
        _require_own_tenant(connection)
    standstill.lift(connection)
    _prove(connection)
    now = clock.now()
    if connection.granted_at is None:
        connection.granted_at, connection.granted_by = now, acting
    if connection.enabled_at is None:
        connection.enabled_at = now
        if connection.personal_type is None:
            connection.personal_type = queries.preset_personal_type(connection.company_id)
    connection.enabled = True
    connection.save(update_fields=["enabled", "enabled_at", "granted_at", "granted_by", "personal_type"])
    return connection


def disable_company(acting: User, connection: Connection) -> None:
    """Switch the connection off; everybody's pairs are kept."""
    _require_administrator(acting, connection)
    connection.enabled, connection.leaving_at = False, None
    connection.save(update_fields=["enabled", "leaving_at"])
    connection.mailboxes.update(clearing_at=None)


def leave_company(acting: User, connection: Connection) -> None:
    """Have what we created removed from everybody's calendar, and then the connection be off (B13)."""
    _require_administrator(acting, connection)
    leaving.begin_company(connection)
    triggers.activity_changed(connection.mailboxes.filter(enabled=True).values_list("pk", flat=True))


def _prove(connection: Connection) -> None:
    """Have the row say what comes of trying; raises CalendarError."""
    told = Connection.objects.filter(pk=connection.pk)
    try:
        proven = remotes.prove(connection)
    except CalendarError as error:
        told.update(health=Health.FAILING, error_code=error.code, error_detail=error.detail)
        raise
    connection.health, connection.error_code, connection.error_detail = Health.WELL, "", ""
    connection.server_version = proven.version
    told.update(health=Health.WELL, error_code="", error_detail="", server_version=proven.version)


def _lift(connection: Connection) -> None:
    """Let the connection's mailboxes run at once."""
    standstill.lift(connection)
    triggers.activity_changed(connection.mailboxes.filter(enabled=True).values_list("pk", flat=True))


def _require_administrator(acting: User, connection: Connection) -> None:
    if not acting.is_administrator or not acting.is_active or acting.company_id != connection.company_id:
        raise Refused("not_administrator")


def _require_own_tenant(connection: Connection) -> None:
    others = Connection.objects.filter(tenant_id=connection.tenant_id, granted_at__isnull=False)
    if connection.tenant_id and others.exclude(company_id=connection.company_id).exists():
        raise Refused("tenant_taken")


# --- the person ----------------------------------------------------------------------------------


def enable(user: User, *, acting: User, proof: Proof | None = None) -> Mailbox:
    """Switch calendar sync on for ``user``, who must be the one acting; raises Refused or CalendarError.

    The mailbox is that of the primary or a verified secondary address, stored by the directory's own id (S2).
    ``proof`` is how the user has just shown the primary address to be theirs; a verified address needs none (S12).
    Switched on again, everything goes on from where it was: the line of S15 stays.
    """
    if acting != user or not user.is_active:
        raise Refused("not_yourself")
    mailbox = candidate(user, proof)
    codes.clear(mailbox.connection, mailbox.remote_id)
    now = clock.now()
    mailbox.enabled, mailbox.due_at, mailbox.not_before = True, now, None
    mailbox.paused_at, mailbox.clearing_at = None, None
    mailbox.failures, mailbox.error_code, mailbox.error_detail = 0, "", ""
    try:
        with transaction.atomic():
            held = Mailbox.objects.select_for_update().filter(pk=mailbox.pk).first()
            if held is not None and mailbox.moved_at is not None:
                mailbox.run_no = held.run_no + 1
            former = Mailbox.objects.filter(user=user).exclude(pk=mailbox.pk)
            hints.hand_over(list(former.values_list("pk", flat=True)))
            former.delete()
            mailbox.save()
    except IntegrityError as error:
        raise Refused("mailbox_taken", address=mailbox.address) from error
    triggers.activity_changed([mailbox.pk])
    return mailbox


def disable(user: User, *, acting: User) -> None:
    """Switch calendar sync off for oneself, or as an administrator for anybody; what is paired is kept."""
    if acting != user and not (acting.is_administrator and acting.company_id == user.company_id):
        raise Refused("not_yourself")
    boxes = Mailbox.objects.filter(user=user)
    with transaction.atomic():
        hints.hand_over(list(boxes.values_list("pk", flat=True)))
        boxes.update(enabled=False, due_at=None, wanted_again=False, paused_at=None, clearing_at=None)


def pause(user: User, *, acting: User) -> None:
    """Switch it off for a while, which is to say so; what changes meanwhile is compared when it goes on (B13)."""
    disable(user, acting=acting)
    Mailbox.objects.filter(user=user).update(paused_at=clock.now())


def leave(user: User, *, acting: User) -> None:
    """Have what we created removed from one's own calendar, and then calendar sync be off (B13); raises Refused."""
    mailbox = Mailbox.objects.filter(user=user, enabled=True, connection__enabled=True).first()
    if acting != user or mailbox is None:
        raise Refused("not_yourself" if acting != user else "switched_off", address=user.email)
    leaving.begin(mailbox)
    triggers.sync_now(user)


def connect() -> None:
    """Listen to people being deactivated."""
    deactivated.connect(_deactivated, dispatch_uid="almanakka.calendars.switching")


def _deactivated(user: User, acting: User, **_: Any) -> None:
    """Whoever may sign in again later proves their address and switches it on anew (S3, S12)."""
    codes.forget(user)
    disable(user, acting=acting)


def candidate(user: User, proof: Proof | None = None) -> Mailbox:
    """The user's mailbox as it would be switched on now; not saved, so fit for a preview. Raises as :func:`enable`."""
    connection, address, shown, found = _found(user, proof)
    if Mailbox.objects.filter(connection=connection, remote_id=found.id).exclude(user=user).exists():
        raise Refused("mailbox_taken", address=address)
    now = clock.now()
    mailbox = Mailbox.objects.select_related("user__company", "connection").filter(user=user).first()
    if mailbox is not None and _moved(mailbox, connection, found):
        transfer(mailbox, connection, found.id)
    elif mailbox is None or not _same(mailbox, connection, found):
        mailbox = Mailbox(user=user, connection=connection)  # of another mailbox nothing is known yet
    mailbox.remote_id = found.id
    mailbox.address, mailbox.time_zone = address, _zone(found, user)
    mailbox.proven_at, mailbox.proof = now, shown
    mailbox.enabled_at = mailbox.enabled_at or now
    mailbox.cutoff = mailbox.cutoff or mailbox.enabled_at - AGE
    mailbox.full_wanted = True
    return mailbox


def move(user: User, connection: Connection, *, acting: User | None, gaps: bool = False) -> Mailbox:
    """Go on with the user's calendar behind another connection of their company, every pair kept (B12).

    The address is one that they have proven before. ``acting`` is the user, an administrator, or None for whoever
    runs the installation. Said again it does no harm; ``gaps`` lets it go on although entries are missing there.
    Raises Refused or CalendarError.
    """
    if acting is not None and acting != user:
        _require_administrator(acting, connection)
    if connection.company_id != user.company_id or not connection.enabled:
        raise Refused("company_off")
    known = Mailbox.objects.filter(user=user).first()
    if known is None:
        raise Refused("switched_off")
    found = None if known.connection_id == connection.pk else remotes.find(connection, known.address)
    try:
        with transaction.atomic():
            # waits for the writes of a run; what it would still write comes to nothing
            mailbox = Mailbox.objects.select_for_update().get(pk=known.pk)
            if found is not None:
                transfer(mailbox, connection, found.id, gaps=gaps)
            mailbox.gaps_allowed, mailbox.not_before = gaps and mailbox.moved_at is not None, None
            mailbox.save()
    except IntegrityError as error:
        raise Refused("mailbox_taken", address=known.address) from error
    if mailbox.enabled:
        triggers.activity_changed([mailbox.pk])
    return mailbox


def is_proven(user: User) -> bool:
    """Whether any address of the user's has been proven to be theirs."""
    return bool(_proven(user, None))


def unproven(user: User) -> Mailbox:
    """The mailbox of the user's primary address, not saved, for a code to be written into it (S12).

    Raises Refused or CalendarError.
    """
    connections = _connections(user)
    if not connections:
        raise Refused("company_off")
    for connection in connections:
        try:
            found = remotes.find(connection, user.email)
        except NotFound as error:
            if error.code not in _NOBODY:
                raise
            continue
        taken = Mailbox.objects.filter(connection=connection, remote_id=found.id).exclude(user=user)
        if taken.exists():
            raise Refused("mailbox_taken", address=user.email)
        return Mailbox(user=user, connection=connection, remote_id=found.id, time_zone=_zone(found, user))
    raise Refused("address_unknown", addresses=user.email)


def _moved(mailbox: Mailbox, connection: Connection, found: remotes.Found) -> bool:
    """Whether it is the same person's mailbox on the company's other connection."""
    return mailbox.connection_id != connection.pk and mailbox.address.lower() in {found.id, *found.addresses}


def _zone(found: remotes.Found, user: User) -> str:
    """The mailbox's zone, by the name that the user's profile gives it where both mean the same times."""
    own = user.zone.key
    return own if found.zone is None or same_behaviour(found.zone, own) else found.zone


def _found(user: User, proof: Proof | None) -> tuple[Connection, str, Proof, remotes.Found]:
    """The first of the user's proven addresses that opens a mailbox, and the connection through which it does.

    A mailbox is either on the company's own server or in Microsoft 365; whoever has one is looked for there first.
    """
    connections = _connections(user)
    if not connections:
        raise Refused("company_off")
    proven = _proven(user, proof)
    if not proven:
        raise Refused("address_unproven", address=user.email)
    elsewhere: Refused | None = None
    for connection in connections:
        for address, shown in proven.items():
            try:
                return connection, address, shown, remotes.find(connection, address)
            except NotFound as error:
                if error.code not in _NOBODY:
                    elsewhere = elsewhere or Refused(error.code, address=address, addresses=address)
    raise elsewhere or Refused("address_unknown", addresses=", ".join(proven))


def _connections(user: User) -> list[Connection]:
    """The connections of the user's company that are on, the one of their mailbox first."""
    own = Mailbox.objects.filter(user=user).values_list("connection_id", flat=True).first()
    found = Connection.objects.filter(company_id=user.company_id, enabled=True).order_by("kind")
    return sorted(found, key=lambda each: each.pk != own)


def _proven(user: User, proof: Proof | None) -> dict[str, Proof]:
    """The addresses that the user has shown to be theirs, the primary one first."""
    verified = set(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    mailed = {address.lower() for address in verified}
    shown = {address: Proof.MAIL for address in addresses.of(user) if address in mailed}
    if proof is None and codes.proves(user):
        proof = Proof.CODE
    if proof is not None:
        primary = user.email.lower()
        return {primary: proof} | {address: how for address, how in shown.items() if address != primary}
    return shown


def _same(mailbox: Mailbox, connection: Connection, found: remotes.Found) -> bool:
    """Whether it is the very mailbox: known by its address until we may ask the directory, then by its id."""
    known_as = {found.id, *found.addresses}
    return mailbox.connection_id == connection.pk and (
        mailbox.remote_id == found.id
        or mailbox.remote_id.lower() in known_as
        or remotes.same(connection, mailbox.remote_id, found.id)
    )
