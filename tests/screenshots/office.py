"""The company that is photographed, once for each language, at one and the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import override_settings

from almanakka.accounts.models import Company, Role, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category, Project
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import duplicates, remotes, wiring
from almanakka.calendars.models import CalendarCode, CalendarFile, Connection, Hold, Mailbox, Pair, Proof
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.recurrence import Kind, Recurrence

#: A Wednesday, a little before eleven in Helsinki.
NOW = datetime(2026, 10, 14, 7, 50, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Helsinki")
PASSWORD = "hanki-ja-kuura-77"

#: What things are called: company; types; project; weekly; meetings with day, hour and length; from Outlook; held.
NAMES: dict[str, dict[str, Any]] = {
    "en": {
        "company": "Northwind Design",
        "types": ("Meeting", "Customer visit", "To-do", "Project task", "Personal"),
        "project": "Harbour library",
        "weekly": "Team meeting",
        "planned": ("Site visit", "Offer for the city", "Review of the drawings", "Workshop on daylight", "Budget"),
        "outlook": ("Interview with the architect", "Phone call with the printers", "Fire drill"),
        "private": "Dentist",
        "same": "Breakfast with the customer",
        "old": "Summer party",
        "place": "Meeting room Saimaa",
        "busy": "Review with a colleague",
    },
    "fi": {
        "company": "Lumikko Suunnittelu Oy",
        "types": ("Palaveri", "Asiakaskäynti", "Tehtävä", "Projektitehtävä", "Henkilökohtainen"),
        "project": "Satamakirjasto",
        "weekly": "Tiimipalaveri",
        "planned": ("Työmaakäynti", "Tarjous kaupungille", "Piirustusten katselmus", "Valaistustyöpaja", "Budjetti"),
        "outlook": ("Arkkitehdin haastattelu", "Puhelu kirjapainoon", "Paloharjoitus"),
        "private": "Hammaslääkäri",
        "same": "Aamiainen asiakkaan kanssa",
        "old": "Kesäjuhlat",
        "place": "Neuvotteluhuone Saimaa",
        "busy": "Katselmus kollegan kanssa",
    },
    "sv": {
        "company": "Snömes Design Ab",
        "types": ("Möte", "Kundbesök", "Uppgift", "Projektuppgift", "Personlig"),
        "project": "Hamnbiblioteket",
        "weekly": "Teammöte",
        "planned": ("Arbetsplatsbesök", "Offert till staden", "Granskning av ritningar", "Ljusverkstad", "Budget"),
        "outlook": ("Intervju med arkitekten", "Samtal med tryckeriet", "Brandövning"),
        "private": "Tandläkare",
        "same": "Frukost med kunden",
        "old": "Sommarfest",
        "place": "Mötesrum Saimen",
        "busy": "Granskning med en kollega",
    },
}
#: Days from today, hour, and length in hours of what is planned and of what comes from Outlook.
TIMES = ((0, 9, 2), (0, 14, 1), (1, 10, 1), (1, 13, 3), (2, 9, 1), (0, 12, 1), (-1, 15, 1), (2, 14, 1))


@dataclass(frozen=True, slots=True)
class Office:
    """``boss`` is the administrator, ``aino`` has the synchronisation on, ``eero`` not yet; ``series`` is hers.

    ``sanni`` has a second step of signing in, ``onni`` is invited, and ``uuno`` has not shown whose address it is.
    """

    boss: User
    aino: User
    eero: User
    sanni: User
    onni: User
    uuno: User
    series: Activity
    meeting: Activity
    kind: ActivityType


@contextmanager
def stopped() -> Iterator[None]:
    """Let it be the moment of the photographs in every thread, and calendars be held in memory."""
    calendars: dict[str, MemoryCalendar] = {}

    @contextmanager
    def open_calendar(mailbox: Mailbox, on_request: Any = None) -> Iterator[MemoryCalendar]:
        yield calendars.setdefault(
            mailbox.remote_id, MemoryCalendar(zone=ZONE.key, clock=lambda: NOW, prefix=mailbox.remote_id)
        )

    mail.outbox = []

    def find(link: Connection, address: str) -> remotes.Found:
        return remotes.Found(f"box-of-{address}", ZONE.key, frozenset({address}))

    with (
        override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"),
        patch("django.utils.timezone.now", lambda: NOW),
        patch("almanakka.calendars.clock.now", lambda: NOW),
        patch.object(remotes, "open_calendar", open_calendar),
        patch.object(remotes, "find", find),
    ):
        yield


def founded(language: str) -> Office:
    """Found the company, let its people plan, and synchronise the first of them; call it within `stopped`."""
    names = NAMES[language]
    company = Company.objects.create(name=names["company"], language=language)
    categories = (
        Category.CALENDAR_ENTRY,
        Category.CALENDAR_ENTRY,
        Category.TO_DO,
        Category.PROJECT_TASK,
        Category.PERSONAL,
    )
    kinds = [
        ActivityType.objects.create(
            company=company,
            name=name,
            category=category,
            order=number,
            is_default=not number,
            synchronised=category not in (Category.PROJECT_TASK, Category.TO_DO),
        )
        for number, (name, category) in enumerate(zip(names["types"], categories, strict=True))
    ]
    project = Project.objects.create(company=company, name=names["project"], customer=names["company"])
    boss, aino, eero = (
        _person(company, language, name, role)
        for name, role in (
            ("Maria Holm", Role.ADMINISTRATOR),
            ("Aino Virtanen", Role.EMPLOYEE),
            ("Eero Laine", Role.EMPLOYEE),
        )
    )
    connection = Connection.objects.create(
        company=company,
        tenant_id=f"{language}.onmicrosoft.com",
        client_id="5f1c8e1e-90a7-4c3b-8a55-0d2b9d6f7c11",
        client_secret="s3cret",
        enabled=True,
        enabled_at=NOW - timedelta(days=20),
        granted_at=NOW - timedelta(days=20),
        granted_by=boss,
        personal_type=kinds[-1],
        health="well",
    )
    series = _planned(aino, kinds[0], names["weekly"], (-2, 8, 1), [aino, eero, boss], project, names["place"], True)
    rows = [
        _planned(aino, kinds[n % 2], name, TIMES[n], [aino, eero][: 1 + n % 2], project if n % 2 else None, "")
        for n, name in enumerate(names["planned"])
    ]
    _planned(eero, kinds[-1], names["private"], (0, 15, 1), [eero], None, "")
    _planned(eero, kinds[0], names["same"], (1, 8, 1), [eero], None, "")
    _synchronised(aino, connection, names)
    _outlook(Mailbox(connection=connection, remote_id=f"box-of-{eero.email}", user=eero, address=eero.email), names)
    return Office(boss, aino, eero, *_more(company, language), series, rows[2], kinds[1])


def cleared(house: Office) -> None:
    """Take back what scenes have left: a file that was chosen, and a code that was written into a calendar."""
    CalendarFile.objects.filter(user=house.aino).delete()
    CalendarCode.objects.filter(user=house.uuno).delete()


def _more(company: Company, language: str) -> tuple[User, User, User]:
    """Those whom some pages need; nothing is planned with them."""
    sanni, onni, uuno = (
        _person(company, language, name, Role.EMPLOYEE) for name in ("Sanni Salo", "Onni Lahti", "Uuno Berg")
    )
    TOTP.activate(sanni, generate_totp_secret())
    RecoveryCodes.activate(sanni)
    onni.set_unusable_password()
    onni.invited_at = NOW
    onni.save()
    EmailAddress.objects.filter(user__in=(onni, uuno)).update(verified=False)
    return sanni, onni, uuno


def _person(company: Company, language: str, name: str, role: Role) -> User:
    address = f"{name.split()[0].lower()}@{language}.example"
    person = User.objects.create_user(address, PASSWORD, company=company, full_name=name, role=role)
    EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)
    return person


def _planned(
    owner: User,
    kind: ActivityType,
    name: str,
    when: tuple[int, int, int],
    people: list[User],
    project: Project | None,
    location: str,
    weekly: bool = False,
) -> Activity:
    start = at(*when[:2])
    rule = Recurrence(Kind.WEEKLY, start.date(), days=frozenset({start.weekday(), 3}), until=date(2026, 12, 17))
    draft = Draft(
        type_id=kind.pk,
        owner_id=owner.pk,
        participants=[person.pk for person in people],
        project_id=None if project is None else project.pk,
        name=name,
        location=location,
        start=start,
        end=start + timedelta(hours=when[2]),
        time_zone=ZONE.key,
        recurrence=rule if weekly else None,
    )
    return changes.create(owner.company_id, draft, Origin(edited_at=NOW - timedelta(days=1)))


def at(day: int, hour: int) -> datetime:
    """Return the moment that is so many days from today, by the clocks of Helsinki."""
    return datetime.combine(NOW.astimezone(ZONE).date() + timedelta(days=day), time(hour), ZONE)


def _outlook(mailbox: Mailbox, names: dict[str, Any]) -> None:
    """Put entries into a calendar in Microsoft."""
    with remotes.open_calendar(mailbox) as calendar:
        assert isinstance(calendar, MemoryCalendar)
        for title, when in zip(names["outlook"], TIMES[5:], strict=True):
            calendar.put(_entry(title, when))
        calendar.put(_entry(names["same"], (1, 8, 1)))
        calendar.put(_entry(names["old"], (-80, 16, 4)))
        calendar.put(Entry(names["private"], _entry("", (2, 11, 1)).when, private=True))


def _entry(title: str, when: tuple[int, int, int]) -> Entry:
    start = at(*when[:2]).astimezone(UTC)
    return Entry(title, Timed(start, start + timedelta(hours=when[2]), ZONE.key))


def _synchronised(aino: User, connection: Connection, names: dict[str, Any]) -> None:
    """Switch the synchronisation on, run it twice with a change in between, and leave something that waits."""
    mailbox = Mailbox.objects.create(
        user=aino,
        connection=connection,
        remote_id=f"box-of-{aino.email}",
        address=aino.email,
        time_zone=ZONE.key,
        enabled=True,
        enabled_at=NOW - timedelta(days=19),
        cutoff=NOW - timedelta(days=49),
        proven_at=NOW,
        proof=Proof.MAIL,
    )
    _outlook(mailbox, names)
    wiring.run_mailbox(mailbox.pk, clock=lambda: NOW)
    with remotes.open_calendar(mailbox) as calendar:
        assert isinstance(calendar, MemoryCalendar)
        pair = Pair.objects.filter(mailbox=mailbox, event__isnull=False, born="there").order_by("pk").first()
        assert pair is not None
        calendar.edit(str(pair.event), _entry(names["outlook"][0], (0, 13, 1)))
    wiring.run_mailbox(mailbox.pk, clock=lambda: NOW)
    waiting = Pair.objects.filter(mailbox=mailbox, event__isnull=False).order_by("-pk").first()
    assert waiting is not None
    Hold.objects.create(
        mailbox=mailbox, item=f"event:{waiting.event}", reason="too_frequent", title=names["planned"][1], since=NOW
    )
    Hold.objects.create(
        mailbox=mailbox,
        item=f"twin:{waiting.activity}",
        reason=duplicates.REASON,
        detail=str(pair.activity),
        title=names["planned"][0],
        since=NOW,
    )
