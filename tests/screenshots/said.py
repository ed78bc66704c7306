"""Every sentence that a person can meet, in the place where they meet it: parts cut out of the pages that show them.

Each gallery yields parts of pages as HTML; they are put one below the other into a page of the product, and that is
photographed. What is shown is taken from the product's own tables of sentences, so that a new one is in it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.core import mail
from django.core.files.base import ContentFile
from django.utils.html import escape
from django.utils.translation import override

from almanakka.accounts import limits
from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import (
    causes,
    doctor,
    duplicates,
    foresight,
    holds,
    reasons,
    remotes,
    sentences,
    waiting,
    wiring,
    words,
)
from almanakka.calendars.models import (
    Connection,
    Health,
    Hold,
    JournalEntry,
    Mailbox,
    MeetingMail,
    Run,
    RunKind,
    UndoState,
)
from almanakka.remote.checks import Cause, Check, State
from almanakka.sync.entry import Entry, Group, Meeting, Person, Timed
from almanakka.sync.preview import Preview

from . import asked, rare
from .office import NOW, PASSWORD, ZONE
from .office import at as at_
from .visit import SYNC, Gallery, Visit, filled
from .visit import visit as visit

#: What fills the gaps in what a check says.
DETAILS = {
    "path": "/srv/almanakka",
    "number": "2",
    "variable": "ALMANAKKA_KEYS",
    "file": "/srv/almanakka/keys",
    "said": "permission denied",
    "host": "mail.example.com",
    "port": "443",
    "date": "14.10.2026",
    "issuer": "Example Root CA",
    "names": "exchange.example.com",
    "seconds": "20",
    "target": "https://other.example.com/",
    "offers": "Basic",
    "account": "EXAMPLE\\calsync",
    "address": "aino@example.com",
    "addresses": "aino@example.com",
    "name": "aino@example.com",
}


def standing(at: Visit) -> Iterator[str]:
    """What is said of one's synchronisation: each state, then everything that can be wrong."""
    at.enter(at.aino)
    own = Mailbox.objects.filter(user=at.aino)
    kept = own.values().get()
    part = "//section[@aria-labelledby='state']"
    run = Run.objects.filter(mailbox__in=own).latest("started_at")
    for change in (
        {"first_done_at": None, "health": Health.NEW},
        {"first_done_at": None, "leased_until": NOW + timedelta(minutes=1), "health": Health.NEW},
        {"leased_until": NOW + timedelta(minutes=1)},
        {"clearing_at": NOW},
        {"health": Health.WAITING, "not_before": NOW + timedelta(minutes=9), "error_code": "throttled"},
        {"enabled": False, "paused_at": NOW},
        {"enabled": False},
    ):
        own.update(**change)
        Run.objects.filter(pk=run.pk).update(ended_at=None, done=31, total=248)
        yield at.cut(SYNC, part)
        Run.objects.filter(pk=run.pk).update(ended_at=NOW - timedelta(minutes=1))
        own.update(**{name: kept[name] for name in change})
    Connection.objects.filter(company=at.aino.company).update(enabled=False)
    yield at.cut(SYNC, part)
    Connection.objects.filter(company=at.aino.company).update(enabled=True)
    for code in sentences.SENTENCES:
        own.update(health=Health.FAILING, error_code=code)
        yield at.cut(f"{SYNC}status", "//*[contains(@class, 'fault')]")
    at.enter(at.house.boss)
    for code in ("", "unavailable", "mailbox_denied"):
        own.update(error_code=code)
        for health in (Health.WAITING, Health.FAILING) if code else (Health.NEW, Health.WELL):
            own.update(health=health)
            yield at.cut("/settings/microsoft/?kind=graph", "//section[@aria-labelledby='people']")
    own.update(health=kept["health"], error_code="")


def history(at: Visit) -> Iterator[str]:
    """Every line that a journal can have: what was done, why, what was what before, and what came of undoing it."""
    at.enter(at.aino)
    mailbox = at.mailbox
    run = Run.objects.create(mailbox=mailbox, number=900, kind=RunKind.QUICK, started_at=NOW, ended_at=NOW)
    titles = iter(f"{title} {n}" for n in range(99) for title in ("Ärende", "Kokous"))

    def note(**fields: Any) -> None:
        start = at_(0, 9)
        entry = Entry(next(titles), Timed(start, start + timedelta(hours=1), ZONE.key))
        given = {"side": "here", "action": "updated", "before": entry, "after": entry, **fields}
        JournalEntry.objects.create(run=run, mailbox=mailbox, at=NOW, **given)

    for action, side in words.DONE:
        note(action=action, side=side)
    for reason in words.WHY:
        note(reason=reason)
    for reason in words.NOT_UNDONE:
        note(undo_state=UndoState.REFUSED, undo_reason=reason)
    note(undo_state=UndoState.WAITING)
    note(undo_state=UndoState.DONE)
    start = at_(0, 9)
    before = Entry("Katselmus", Timed(start, start + timedelta(hours=1), ZONE.key), location="", notes="a")
    later = Timed(start + timedelta(days=1), start + timedelta(days=1, hours=2), ZONE.key)
    after = replace(before, title="Katselmus 2", when=later, location="Saimaa", notes="b", private=True)
    note(before=before, after=after, groups=[group.value for group in Group])
    for page in (1, 2):
        yield at.cut(f"{SYNC}history?run={run.pk}&page={page}")
    yield at.cut(f"{SYNC}history?q=zzz")
    run.delete()


def holding(at: Visit) -> Iterator[str]:
    """What waits for a person: one and several of each kind on Home, each detail, and what an answer is met with."""
    at.enter(at.aino)
    mailbox = at.mailbox
    kept = list(Hold.objects.filter(mailbox=mailbox))
    Hold.objects.filter(mailbox=mailbox).delete()
    kinds = list(dict.fromkeys((*waiting.TOLD, *words.HELD, *holds.CHOICES)))
    for number in (1, 12):
        for reason in kinds:
            for n in range(number):
                _hold(mailbox, reason, n)
        yield at.cut("/", "//section[@aria-labelledby='waiting']")
        Hold.objects.filter(mailbox=mailbox).delete()
    for reason in ("unrepresentable", "refused"):
        for n, code in enumerate(reasons.PHRASES):
            _hold(mailbox, reason, n, code)
        for page in (1, 2):
            yield at.cut(f"{SYNC}waiting?reason={reason}&page={page}")
        Hold.objects.filter(mailbox=mailbox).delete()
    for reason in kinds:
        for answer in holds.choices(reason):
            for number in (1, 2):
                for n in range(number):
                    _hold(mailbox, reason, n)
                given = {"reason": reason, "answer": answer, "back": SYNC}
                yield at.cut(f"{SYNC}waiting/decide", "//ul[@class='messages']", given)
                Hold.objects.filter(mailbox=mailbox).delete()
    Hold.objects.bulk_create(kept)


def _hold(mailbox: Mailbox, reason: str, n: int, detail: str = "") -> None:
    item = f"event:{reason}{n}"
    if reason == duplicates.REASON:
        item, detail = f"twin:{uuid4()}", str(uuid4())
    title = f"Kokous {n + 1}"
    Hold.objects.create(mailbox=mailbox, item=item, reason=reason, detail=detail, title=title, since=NOW)


def previews(at: Visit) -> Iterator[str]:
    """Everything that a preview can list, one of each and several."""
    at.enter(at.aino)
    why = [*words.LEFT_OUT, *list(reasons.PHRASES)[:3]]
    for number in (1, 3):
        items = [(action, f"Kokous {n + 1}", "") for action in words.COUNTS for n in range(number)]
        items = [item for item in items if item[0] not in ("left_out", "held")]
        items += [("left_out", f"Kokous {n + 1}", reason) for n, reason in enumerate(why[: 1 if number == 1 else 99])]
        items += [("held", "Kokous", "unknown-zone")] * number
        with patch.object(wiring, "preview", lambda mailbox, items=items: Preview({}, {}, items)):
            yield at.cut(f"{SYNC}preview").replace("<details", "<details open")
    at.enter(at.house.boss)
    default = ActivityType.objects.get(company=at.aino.company, is_default=True)
    what = {"kind": "graph", "outgoing": [], "default": str(default.pk)}
    for number in (1, 7):
        with override(at.aino.company.language):
            effects = [(number, words.counted_for_company(each, number)) for each in foresight.EFFECTS]
        told = foresight.Foresight(effects, number, number)
        with patch.object(foresight, "of_types", lambda *_, told=told: told):
            yield at.cut("/settings/microsoft/what/preview", "//*[@id='foresight']", what)


def checks(at: Visit) -> Iterator[str]:
    """Every step of the connection's check, as it passes, fails for each cause, or is not tried."""
    at.enter(at.house.boss)
    found = [Check(name, State.PASSED, found="15.2.1544") for name in causes.TITLES]
    known = [*causes.CAUSES, *(code for code in sentences.SENTENCES if code not in causes.CAUSES)]
    found += [
        Check(name, State.FAILED, causes=tuple(Cause(code, DETAILS) for code in known[n : n + 4]))
        for n, name in zip(range(0, len(known), 4), list(causes.TITLES) * 9, strict=False)
    ]
    found += [Check("tenant", State.NOT_TRIED, because=each) for each in (*causes.REASONS, "address")]
    told = [doctor.Finding(doctor.About.OFFICE_365, "x", each) for each in found]
    for n in range(0, len(told), 10):
        with patch.object(doctor, "examine_connection", lambda *_, n=n: iter(told[n : n + 10])):
            part = "//section[@aria-labelledby='check']"
            yield at.cut("/settings/microsoft/check", part, {"kind": "graph", "address": ""})


def meeting(at: Visit) -> Iterator[str]:
    """A meeting as its organiser and as others see it, and what is asked before anybody gets mail (B1)."""
    boss, aino, eero = at.house.boss, at.aino, at.house.eero
    people = [Person(person.email, str(person)) for person in (aino, eero, boss)]
    guest = Person("guest@elsewhere.example", "Noa Guest")
    for title, organiser, attendees in (
        ("Palaveri 1", people[0], people[1:2]),
        ("Palaveri 2", people[0], [*people[1:], guest]),
        ("Palaveri 3", guest, people[:1]),
    ):
        with remotes.open_calendar(at.mailbox) as calendar:
            own = organiser == people[0]
            start = at_(3, 9)
            entry = Entry(title, Timed(start, start + timedelta(hours=1), ZONE.key))
            calendar.put(entry, uid=title, meeting=Meeting(organiser, tuple(attendees), own))  # type: ignore[attr-defined]
    at.run()
    connection = Connection.objects.filter(company=aino.company)
    for reader, title, change in (
        (aino, "Palaveri 1", {}),
        (aino, "Palaveri 2", {}),
        (aino, "Palaveri 2", {"meeting_mail": MeetingMail.NEVER}),
        (aino, "Palaveri 2", {"enabled": False}),
        (eero, "Palaveri 2", {}),
        (aino, "Palaveri 3", {}),
    ):
        at.enter(reader)
        connection.update(**change)
        path = f"/activities/{Activity.objects.get(company=aino.company, name=title).pk}/"
        yield at.cut(path)
        page = at.cut(f"{path}edit")
        yield page
        if reader == aino and not change and title != "Palaveri 3":
            yield at.cut(f"{path}edit", data={**filled(page), "name": "Uusi nimi"})
        connection.update(enabled=True, meeting_mail=MeetingMail.ASK)


def forms(at: Visit) -> Iterator[str]:
    """Every form with what may be wrong in it."""
    house = at.house
    limits.cache.clear()
    at.client.logout()
    day = {"first": "2026-10-14", "last": "2026-10-14", "starts": "10:00", "ends": "09:00", "show_as": "busy"}
    day["zone_name"] = ZONE.key
    kind = {"type": str(house.kind.pk)}
    rule = {"rule-kind": "weekly", "rule-interval": "0", "rule-ends": "until", "rule-until": "2020-01-01"}
    blank = {"email": "", "password": ""}
    for path, data in (
        ("/accounts/login/", {"login": house.aino.email, "password": "no"}),
        ("/accounts/login/", {"login": "x", "password": ""}),
        ("/accounts/password/reset/", {"email": "x"}),
        ("/accounts/password/reset/", blank),
        ("/accounts/password/reset/", {"email": house.aino.email}),
    ):
        yield at.cut(path, data=data)
    at.enter(house.aino)
    for path, data in (
        ("/activities/new", {}),
        ("/activities/new", {**day, **kind}),
        ("/activities/new", {**day, **kind, "all_day": "on", "first": "9999-12-31", "last": "9999-12-31"}),
        ("/activities/new", {**day, **kind, "ends": "", "zone_name": "Nowhere/At all", "rule-kind": "never"}),
        ("/activities/new", {**day, **kind, "ends": "11:00", **rule}),
        ("/activities/new", {**day, **kind, "ends": "11:00", **rule, "rule-interval": "1", "rule-until": ""}),
        ("/activities/new", {**day, **kind, "ends": "11:00", **rule, "rule-ends": "count", "rule-count": "0"}),
        (f"/activities/{house.meeting.pk}/edit", {**day, **kind, "ends": "11:00", "version": "0"}),
        ("/profile/", {"full_name": "x" * 300, "time_zone": "x", "language": "x"}),
        ("/accounts/password/change/", {"oldpassword": "x", "password1": "abc", "password2": "abcd"}),
        ("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "12345", "password2": "12345"}),
        ("/accounts/email/", {"action_add": "", "email": "x"}),
        ("/accounts/email/", {"action_add": "", "email": house.aino.email}),
        ("/accounts/email/", {"action_remove": "", "email": house.aino.email}),
        ("/calendar/import/file", {}),
        ("/calendar/import/file", {"file": ContentFile(b"x", "x.ics")}),
        (f"{SYNC}filters", {"words": "x\n" * 99}),
        (f"{SYNC}code/enter", {"code": "1"}),
        ("/accounts/second-step/totp/activate/", {"code": "1"}),
    ):
        yield at.cut(path, data=data)
    at.enter(house.boss)
    server = {"kind": "exchange", "domain": "A B", "delegate_name": "x@y z", "ca_bundle": "x"}
    for path, data in (
        ("/settings/company/", {"name": "", "time_zone": "x", "language": "x"}),
        ("/projects/", {"name": ""}),
        ("/settings/users/", {"email": "x"}),
        ("/settings/users/", {"email": house.aino.email, "full_name": "x", "role": "employee"}),
        ("/settings/types/", {"name": "", "category": "x"}),
        ("/settings/types/", {"name": "x", "category": "project_task", "synchronised": "on", "is_default": "on"}),
        ("/settings/microsoft/save", {**server, "ews_url": "http://mail.example.com/EWS/Exchange.asmx"}),
        ("/settings/microsoft/save", {"kind": "exchange", "ews_url": "https://localhost/EWS/Exchange.asmx"}),
        ("/settings/microsoft/save", {"kind": "exchange", "ews_url": "x"}),
        ("/settings/microsoft/what", {"kind": "graph", "outgoing": "x"}),
    ):
        yield at.cut(path, data=data)
    default = ActivityType.objects.get(company=house.boss.company, is_default=True)
    wrong = {"name": "x", "category": "calendar_entry", "is_default": "on"}
    yield at.cut(f"/settings/types/{default.pk}/", data={**wrong, "category": "personal"})
    yield at.cut(f"/settings/types/{default.pk}/", data=wrong)


def answers(at: Visit) -> Iterator[str]:
    """What people read after they have done something."""
    house, said = at.house, "//ul[@class='messages']"
    limits.cache.clear()
    project, new = house.series.project_id, User.objects.filter(company=house.boss.company, email="new@x.example")
    start = {"first": "2026-10-14", "last": "2026-10-14", "starts": "10:00", "ends": "11:00", "show_as": "busy"}
    default = ActivityType.objects.get(company=house.boss.company, is_default=True)
    at.enter(house.aino)
    made = [
        changes.create(
            house.aino.company_id,
            Draft(type_id=house.kind.pk, owner_id=house.aino.pk, name=name, start=at_(5, 9), end=at_(5, 10)),
            Origin(edited_at=NOW),
        )
        for name in ("a", "b", "c")
    ]
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/activities/new", {**start, "type": house.kind.pk, "rule-kind": ""}),
        ("/activities/types", {}),
        ("/activities/types", {"activity": [made[0].pk], "type": house.kind.pk}),
        ("/activities/types", {"activity": [each.pk for each in made[:2]], "type": default.pk}),
        ("/activities/types", {"activity": [made[0].pk], "type": house.kind.pk}),
        (f"/activities/{made[2].pk}/delete", {"extent": "all", "version": "99"}),
        (f"/activities/{made[2].pk}/delete", {"extent": "all", "version": made[2].version}),
        ("/profile/", {"full_name": house.aino.full_name, "time_zone": "", "language": ""}),
        ("/calendar/import/forget", {}),
        ("/calendar/import/perform", {"file": uuid4(), "type": house.kind.pk}),
        (f"{SYNC}filters", {"free": "on"}),
        (f"{SYNC}history/undo", {"line": "1"}),
        (f"{SYNC}history/undo-run", {"run": Run.objects.filter(mailbox__user=house.aino).earliest("pk").pk}),
        (f"{SYNC}waiting/decide", {"reason": "refused", "answer": "again"}),
        (f"{SYNC}off", {"what": "pause"}),
        (f"{SYNC}now", {}),
        (f"{SYNC}on", {}),
        (f"{SYNC}off", {"what": "remove"}),
        (f"{SYNC}off", {"what": "keep"}),
        (f"{SYNC}history/erase", {}),
    )
    for path, data in steps:
        yield at.cut(path, said, data)
    at.enter(house.boss)
    company = {name: getattr(house.boss.company, name) for name in ("name", "time_zone", "language")}
    aino, boss = f"/settings/users/{house.aino.pk}", f"/settings/users/{house.boss.pk}"
    steps = (
        ("/settings/company/", company),
        ("/projects/", {"name": "x"}),
        (f"/projects/{project}/", {"name": "Harbour"}),
        ("/settings/users/", {"email": "new@x.example", "full_name": "Uusi Ihminen", "role": "employee"}),
        (f"{aino}/role", {"role": "administrator"}),
        (f"{aino}/role", {"role": "employee"}),
        (f"{boss}/role", {"role": "employee"}),
        (f"{boss}/active", {"active": "no"}),
        (f"{aino}/second-step", {}),
        (f"{aino}/invite", {}),
        (f"{aino}/active", {"active": "no"}),
        (f"{aino}/active", {"active": "yes"}),
        (
            f"/settings/types/{house.kind.pk}/",
            {"name": "x", "category": "calendar_entry", "is_active": "on", "order": "1"},
        ),
        ("/settings/types/", {"name": "Uusi", "category": "calendar_entry", "is_active": "on", "order": "1"}),
        ("/settings/microsoft/what", {"kind": "graph", "default": house.kind.pk, "when": "used"}),
        ("/settings/microsoft/off", {"kind": "graph", "what": "keep"}),
        ("/settings/microsoft/off", {"kind": "graph", "what": "remove"}),
    )
    for path, data in steps:
        yield at.cut(path, said, data)
    yield at.cut(f"/settings/users/{new.get().pk}/invite", said, {})
    yield at.cut(f"/settings/users/{new.get().pk}/withdraw", said, {})
    at.enter(house.uuno)
    yield at.cut(f"{SYNC}prove", said, {})


def mails(at: Visit) -> Iterator[str]:
    """Every mail that goes out, as plain text."""
    for each in mail.outbox:
        yield f"<pre>{escape(each.subject)}\n\n{escape(each.body)}</pre>"
    mail.outbox.clear()


GALLERIES: dict[str, Gallery] = {
    "standing": standing,
    "history": history,
    "waiting": holding,
    "preview": previews,
    "check": checks,
    "meeting": meeting,
    "days": asked.days,
    "changes": rare.changes,
    "rules": rare.rules,
    "imports": rare.imports,
    "more": rare.more,
    "forms": forms,
    "answers": answers,
    "mails": mails,
}
