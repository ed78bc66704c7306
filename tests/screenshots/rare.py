"""What people seldom meet, in galleries as those of `said`: how changes and rules are worded, files, and rarities."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils.html import escape
from lxml import html

from almanakka.accounts import limits
from almanakka.accounts.invitations import TOKENS
from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft
from almanakka.calendars import (
    codes,
    ics_export,
    ics_import,
    ics_words,
    microsoft_sign_in,
    remotes,
    sentences,
    sign_in_page,
    switching,
    words,
)
from almanakka.calendars.footers import Footers
from almanakka.calendars.models import (
    ActivityHint,
    CalendarCode,
    CalendarFile,
    Connection,
    Hold,
    JournalEntry,
    Mailbox,
    Pair,
    Run,
    RunKind,
)
from almanakka.remote import destinations
from almanakka.sync.entry import Entry, Group, Override, Series, ShowAs, Timed
from almanakka.sync.recurrence import EVERY_DAY, WEEKDAYS, WEEKEND, Index, Kind

from .asked import FIRST, HOUR, series
from .office import NOW, PASSWORD, ZONE
from .office import at as at_
from .scenes import FILE
from .visit import SAID, SYNC, Visit

#: The app registration that the company has.
KNOWN = "5f1c8e1e-90a7-4c3b-8a55-0d2b9d6f7c11"


def changes(at: Visit) -> Iterator[str]:
    """What history says was changed, of every kind of change."""
    at.enter(at.aino)
    mailbox, start = at.mailbox, at_(0, 9)
    run = Run.objects.create(mailbox=mailbox, number=901, kind=RunKind.QUICK, started_at=NOW, ended_at=NOW)
    whole, single = series("Sarja"), Entry("Kerta", Timed(start, start + HOUR, ZONE.key), private=True)
    assert isinstance(whole.when, Series)
    days = [FIRST + timedelta(weeks=n) for n in range(7)]
    moved = Override(when=Timed(start, start + HOUR, ZONE.key), title="Toinen", location="Saimaa")
    longer = replace(whole, when=replace(whole.when, duration=2 * HOUR))
    later = replace(whole, when=replace(whole.when, start=at_(0, 11).time()))
    for group, before, after in (
        (Group.OCCURRENCES, whole, replace(whole, exceptions={days[0]: moved})),
        (Group.OCCURRENCES, whole, replace(whole, exceptions={days[0]: Override(cancelled=True)})),
        (Group.OCCURRENCES, whole, replace(whole, exceptions=dict.fromkeys(days[:2], moved))),
        (Group.OCCURRENCES, whole, replace(whole, exceptions=dict.fromkeys(days, moved))),
        (Group.WHEN, whole, longer),
        (Group.WHEN, whole, later),
        (Group.PRIVACY, single, replace(single, private=False)),
        (Group.SHOW_AS, single, replace(single, show_as=ShowAs.FREE)),
        (Group.WHO, replace(single, who=frozenset({"1"})), replace(single, who=frozenset({"1", "2"}))),
    ):
        given = {"side": "there", "action": "updated", "before": before, "after": after, "groups": [group.value]}
        JournalEntry.objects.create(run=run, mailbox=mailbox, at=NOW, **given)
    yield at.cut(f"{SYNC}history?run={run.pk}")
    run.delete()


def rules(at: Visit) -> Iterator[str]:
    """How an activity repeats, in words: every pattern."""
    at.enter(at.aino)
    groups = [["0"], ["1", "3"], *([str(day) for day in sorted(days)] for days in (EVERY_DAY, WEEKDAYS, WEEKEND))]
    for kind in Kind:
        several = kind in (Kind.WEEKLY, Kind.RELATIVE_MONTHLY)
        for chosen in groups if several else groups[:1]:
            for index in Index if kind is Kind.RELATIVE_MONTHLY and chosen == ["0"] else (Index.LAST,):
                for interval in ("1", "2", "3"):
                    given = {
                        "first": str(FIRST),
                        "rule-kind": kind.value,
                        "rule-interval": interval,
                        "rule-days": chosen,
                        "rule-index": index.value,
                        "rule-ends": "count",
                        "rule-count": interval,
                    }
                    answer = at.client.get(f"/activities/rule?{urlencode(given, doseq=True)}").content.decode()
                    yield f"<p>{answer}</p>"


def imports(at: Visit) -> Iterator[str]:
    """What an import would do, and why something of a file does not come in."""
    at.enter(at.aino)
    start = at_(0, 9)
    default = ActivityType.objects.get(company=at.aino.company, is_default=True)
    for number in (1, 3):
        entries = [Entry(f"Kokous {n}", Timed(start, start + HOUR, ZONE.key), private=True) for n in range(number)]
        plan = ics_import.Plan(
            drafts=[Draft(id=UUID(int=n), type_id=default.pk, owner_id=at.aino.pk) for n in range(number)],
            new=entries,
            there=[*entries, series("Sarja")],
            left=[ics_import.Left("Kokous", ics_words.phrase(code)) for code in (*ics_words.PHRASES, "another")],
            named={UUID(int=n): at.house.kind for n in range(number)},
        )
        for each in (plan, replace(plan, personal=default), replace(plan, drafts=[], new=[])):
            CalendarFile.objects.update_or_create(user=at.aino, defaults={"name": "x.ics", "content": b"x"})
            with patch.object(ics_import, "plan", lambda *_, each=each: each):
                yield at.cut("/calendar/import")
    with patch.object(ics_import, "plan", side_effect=ics_import.TooMuch(6000)):
        yield at.cut("/calendar/import")
    for number in (1, 3):
        with patch.object(ics_import, "perform", lambda *_, number=number: number):
            yield at.cut("/calendar/import/perform", SAID, {"file": UUID(int=1), "type": default.pk})
    people = "ORGANIZER:mailto:a@example.com\r\nATTENDEE;CN=Noa Guest:mailto:guest@elsewhere.example\r\n"
    attendee = FILE.replace("END:VEVENT", f"{people}END:VEVENT", 1)
    yield at.cut("/calendar/import/file", data={"file": ContentFile(attendee.encode(), "x.ics")})
    at.cut("/calendar/import/perform", SAID, {"file": CalendarFile.objects.get(user=at.aino).pk, "type": default.pk})
    yield at.cut(f"/activities/{Activity.objects.get(company=at.aino.company, name='1. Workshop').pk}/")
    Activity.objects.filter(company=at.aino.company, name__endswith="Workshop").delete()


def more(at: Visit) -> Iterator[str]:
    """What people seldom meet: in a company that has only begun, with addresses, files and scripts, at the edges."""
    yield from _placed(at)
    yield from _written(at)
    yield from _entered(at)
    yield from _begun(at)
    yield from _own(at)
    yield from _administered(at)


def _begun(at: Visit) -> Iterator[str]:
    """A company without anything, as an administrator and an employee see it."""
    company = Company.objects.create(name="Uusi", language=at.house.boss.company.language)
    for role in (Role.ADMINISTRATOR, Role.EMPLOYEE):
        person = User.objects.create_user(f"{role}.{company.pk}@new.example", company=company, role=role)
        at.enter(person)
        pages = ["/", SYNC, "/calendar/import"]
        for path in [*pages, "/settings/microsoft/?kind=graph"] if role == Role.ADMINISTRATOR else pages:
            yield at.cut(path)
    company.users.all().delete()
    company.delete()


def _own(at: Visit) -> Iterator[str]:
    """One's own addresses, code, files and answers."""
    house, mailbox = at.house, at.mailbox
    limits.cache.clear()
    at.enter(house.aino)
    another = f"toinen.{house.aino.email}"
    EmailAddress.objects.create(user=house.aino, email=another)
    yield at.cut("/accounts/email/")
    yield at.cut("/accounts/email/", SAID, {"action_primary": "", "email": another})
    EmailAddress.objects.filter(email=another).update(verified=True)
    yield at.cut("/accounts/email/")
    yield at.cut("/accounts/email/", SAID, {"action_primary": "", "email": another})
    at.cut("/accounts/email/", SAID, {"action_primary": "", "email": house.aino.email})
    yield at.cut("/accounts/email/", SAID, {"action_remove": "", "email": another})
    taken = EmailAddress.objects.create(user=house.aino, email=house.uuno.email, verified=True)
    yield at.cut("/accounts/email/", SAID, {"action_primary": "", "email": taken.email})
    taken.delete()
    session = at.client.session
    session[sign_in_page.BEGUN] = {"user": str(house.aino.pk)}
    session.save()
    with patch.object(sign_in_page, "_account", lambda *_: (None, None)), patch.object(microsoft_sign_in, "prove"):
        at.client.get(reverse("microsoft-back"))
        yield at.cut(SYNC, SAID)
    with patch.object(codes, "enter"):
        yield at.cut(f"{SYNC}code/enter", SAID, {"code": "12345678"})
    with patch.object(ics_import, "MOST_BYTES", 1024 * 1024):
        yield at.cut("/calendar/import/file", data={"file": ContentFile(b" " * 1024 * 1025, "x.ics")})
    with patch.object(ics_export, "MOST_ACTIVITIES", 1):
        at.client.get("/activities/export.ics")
        yield at.cut("/activities/", SAID)
    yield at.cut(f"{SYNC}waiting/decide", SAID, {"reason": "refused", "answer": "again"})
    yield "".join(f"<p>{escape(part)}</p>" for part in sentences.refusal("unavailable").told())
    connection = Connection.objects.filter(pk=mailbox.connection_id)
    Hold.objects.create(mailbox=mailbox, item="event:x", reason="refused", title="Kokous", since=NOW)
    connection.update(enabled=False)
    yield at.cut(f"{SYNC}waiting/decide", SAID, {"reason": "refused", "answer": "again"})
    connection.update(enabled=True)
    at.enter(house.eero)
    yield at.cut(f"{SYNC}on", SAID, {})
    Mailbox.objects.filter(user=house.eero).update(enabled=False)


def _administered(at: Visit) -> Iterator[str]:
    """What administrators seldom do."""
    house = at.house
    at.enter(house.boss)
    at.cut(f"/settings/users/{house.eero.pk}/active", SAID, {"active": "no"})
    yield at.cut("/settings/users/")
    at.cut(f"/settings/users/{house.eero.pk}/active", SAID, {"active": "yes"})
    yield at.cut(f"/settings/users/{house.sanni.pk}/second-step", SAID, {})
    for wrong in ("a" * 399, "a\nb"):
        given = {"server": "2013", "purpose": "grant", "account": wrong}
        yield at.cut(f"/settings/microsoft/script?{urlencode(given)}")
    for more in ("", "&unit=x&domain_controller=x/y"):
        yield at.cut(f"/settings/microsoft/script?server=2007&purpose=grant&account=a{more}")
    server = {"kind": "exchange", "domain": "A", "delegate_name": "a/b", "ews_url": "https://mail.example.com/x"}
    yield at.cut("/settings/microsoft/save", data=server)
    yield at.cut("/settings/microsoft/save", SAID, {"kind": "graph", "client_id": KNOWN})
    with patch.object(switching, "enable_company", lambda user, connection: connection):
        yield at.cut("/settings/microsoft/on", SAID, {"kind": "graph"})
    with patch.object(switching, "finish_consent"):
        at.client.get("/settings/microsoft/granted")
        yield at.cut("/settings/microsoft/", SAID)


def _placed(at: Visit) -> Iterator[str]:
    """How an activity stands in one's own calendar, on its page."""
    at.enter(at.aino)
    activity, mailbox = at.house.meeting, at.mailbox
    path, part = f"/activities/{activity.pk}/", "//dl[@class='facts']"
    own = Pair.objects.filter(mailbox=mailbox, activity=activity.pk)
    hint = ActivityHint.objects.create(mailbox=mailbox, activity=activity.pk, version=99)
    yield at.cut(path, part)
    hint.delete()
    kept = own.values_list("state", flat=True).get()
    for state in ("creating", "muted"):
        own.update(state=state)
        yield at.cut(path, part)
    own.update(state=kept)
    for reason in words.HELD:
        for decided in ("", "leave"):
            hold = Hold.objects.create(
                mailbox=mailbox, item=f"activity:{activity.pk}", reason=reason, decided=decided, since=NOW
            )
            yield at.cut(path, part)
            hold.delete()
    calendar = at.client.get("/calendar/").content.decode()
    said = json.loads(html.fromstring(calendar).xpath("//script[@id='grid-settings']/text()")[0])
    yield "".join(f"<p>{escape(text)}</p>" for text in said.values() if " " in str(text))
    sent = {"allDay": False, "start": at_(1, 9).isoformat(), "end": at_(1, 10).isoformat(), "version": 0}
    answer = at.client.post(f"/calendar/{activity.pk}/move", json.dumps(sent), content_type="application/json")
    yield f"<p>{escape(answer.json()['told'])}</p>"


def _written(at: Visit) -> Iterator[str]:
    """What is written into calendars: the code of whoever proves an address, and what stands below notes."""
    at.enter(at.house.uuno)
    yield at.cut(f"{SYNC}code", data={})
    mailbox = Mailbox(user=at.house.uuno, remote_id=CalendarCode.objects.get(user=at.house.uuno).remote_id)
    with remotes.open_calendar(mailbox) as calendar:
        for event in calendar.entries().values():  # type: ignore[attr-defined]
            yield f"<pre>{escape(event.entry.title)}\n\n{escape(event.entry.notes)}</pre>"
    series_ = at.house.series
    series_.guests = [{"name": "Noa Guest", "address": "guest@elsewhere.example", "response": "none"}]
    people = {person.pk: str(person) for person in series_.company.users.all()}
    text = Footers(at.aino.pk, at.aino.preferred_language).of(series_, people, {series_.project_id: series_.project})
    yield f"<pre>{escape(text)}</pre>"


def _entered(at: Visit) -> Iterator[str]:
    """What is said on the way in: with an invitation, a password, a second step, and after too many tries."""
    house = at.house
    link = f"/accounts/invitation/{house.onni.pk}/{TOKENS.make_token(house.onni)}/"
    at.client.logout()
    for first, second in (("", ""), (PASSWORD, "other"), ("1", "1")):
        yield at.cut(link, data={"new_password1": first, "new_password2": second})
    yield at.cut(link, SAID, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    at.enter(house.aino)
    another = f"kolmas.{house.aino.email}"
    yield at.cut("/accounts/email/", SAID, {"action_add": "", "email": another})
    key = EmailConfirmationHMAC(EmailAddress.objects.get(email=another)).key
    yield at.cut(reverse("account_confirm_email", args=[key]), SAID, {})
    EmailAddress.objects.filter(email=another).delete()
    taken = EmailAddress.objects.create(user=house.aino, email=house.eero.email)
    key = EmailConfirmationHMAC(taken).key
    yield at.cut(reverse("account_confirm_email", args=[key]), data={})
    taken.delete()
    password = {"oldpassword": PASSWORD, "password1": f"{PASSWORD}!", "password2": f"{PASSWORD}!"}
    yield at.cut("/accounts/password/change/", SAID, password)
    house.aino.set_password(PASSWORD)
    house.aino.save()
    at.enter(house.aino)
    yield at.cut("/accounts/logout/", SAID, {})
    key = default_token_generator.make_token(house.aino)
    link = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(house.aino), key])
    onward = at.client.get(link).headers["Location"]
    yield at.cut(onward, "//body", {"password1": PASSWORD, "password2": PASSWORD})
    house.aino.refresh_from_db()
    at.enter(house.aino)
    yield at.cut("/accounts/reauthenticate/", data={"password": "no"})
    for path in ("/accounts/second-step/", "/accounts/second-step/totp/activate/"):
        yield at.cut(path)
    yield at.cut("/accounts/second-step/totp/activate/", data={"code": "1"})
    at.enter(house.sanni)
    for deed in ("recovery-codes/generate", "totp/deactivate", "totp/activate"):
        with patch("allauth.mfa.totp.internal.auth.validate_totp_code", lambda *_: True):
            yield at.cut(f"/accounts/second-step/{deed}/", SAID, {"code": "123456"})
    at.enter(house.aino)
    with patch.object(limits, "wait", lambda *_: 60), patch.object(limits.ratelimit, "consume", lambda *_, **__: None):
        yield at.cut("/accounts/password/reset/", data={"email": house.aino.email})
    at.enter(house.boss)
    company = Company.objects.filter(pk=house.boss.company_id)
    company.update(second_step_for_administrators=True)
    yield at.cut("/settings/", SAID)
    company.update(second_step_for_administrators=False)
    yield at.cut("/settings/users/", data={"email": "", "full_name": "x" * 300})
    server = {"kind": "exchange", "domain": "A", "delegate_name": "a"}
    with patch.dict(os.environ, {destinations.LOOPBACK: ""}):
        for host in ("127.0.0.1", "169.254.169.254"):
            url = f"https://{host}/EWS/Exchange.asmx"
            yield at.cut("/settings/microsoft/save", data={**server, "ews_url": url})
