"""A company as large as is wanted: people, projects, activities, and what the synchronisation has left of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress

from almanakka.accounts.models import Company, Role, User
from almanakka.activities import patterns
from almanakka.activities.models import Activity, ActivityType, Category, Occurrence, Participant, Project
from almanakka.calendars.models import Connection, Hold, JournalEntry, Kind, Mailbox, Pair, Proof, Run, RunKind
from almanakka.sync import recurrence
from almanakka.sync.entry import Entry, Timed

PASSWORD = "hanki-ja-kuura-77"
#: Of so many activities one is the boss's own, and of so many one has the boss take part.
OWN, JOINED = 20, 20
#: Of so many activities one repeats, one lasts whole days, and one is private; none of them has to do with whose it is.
REPEATS, WHOLE_DAYS, PRIVATE = 21, 13, 17
#: Days before and after today over which they usually lie.
DAYS = (500, 200)
KINDS = (
    ("Meeting", Category.CALENDAR_ENTRY),
    ("Customer visit", Category.CALENDAR_ENTRY),
    ("To-do", Category.TO_DO),
    ("Project task", Category.PROJECT_TASK),
    ("Personal", Category.PERSONAL),
    ("Holiday", Category.ABSENCE),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """``boss`` is an administrator with the synchronisation on, who owns a twentieth of all and joins another."""

    company: Company
    boss: User
    people: list[User]
    projects: list[Project]


def founded(domain: str, now: datetime) -> Crowd:
    """Found a company of one; it has a project, and its connection to an Exchange Server is on."""
    company = Company.objects.create(name=domain)
    for number, (name, category) in enumerate(KINDS):
        first = number == 0
        ActivityType.objects.create(
            company=company, name=name, category=category, order=number, is_default=first, synchronised=first
        )
    link = Connection.objects.create(
        company=company,
        kind=Kind.EXCHANGE,
        ews_url=f"https://mail.{domain}/EWS/Exchange.asmx",
        domain="OFFICE",
        delegate_name="calsync",
        delegate_password="s3cret",
        enabled=True,
        enabled_at=now,
    )
    boss = User.objects.create_user(
        f"boss@{domain}", PASSWORD, company=company, full_name="Boss Person", role=Role.ADMINISTRATOR
    )
    EmailAddress.objects.create(user=boss, email=boss.email, verified=True, primary=True)
    _mailbox(boss, link, now).save()
    return Crowd(company, boss, [boss], [Project.objects.create(company=company, name="Bridge", customer="City")])


def grow(
    crowd: Crowd, now: datetime, *, people: int, projects: int, activities: int, days: tuple[int, int] = DAYS
) -> None:
    """Add so much more to it, and to the boss's mailbox what the synchronisation keeps of it.

    The activities lie so many ``days`` before and after ``now``.
    """
    company = crowd.company
    domain, (link,) = company.name, company.connections.all()
    have = len(crowd.people)
    newcomers = [
        User(company=company, email=f"p{n}@{domain}", full_name=f"Person {n}", password="!")
        for n in range(have, have + people)
    ]
    crowd.people.extend(User.objects.bulk_create(newcomers))
    Mailbox.objects.bulk_create([_mailbox(person, link, now) for person in newcomers])
    have = len(crowd.projects)
    ventures = [Project(company=company, name=f"Project {n}", customer="City") for n in range(have, have + projects)]
    crowd.projects.extend(Project.objects.bulk_create(ventures))
    _activities(crowd, now, activities, days)


def _mailbox(user: User, link: Connection, now: datetime) -> Mailbox:
    return Mailbox(
        user=user,
        connection=link,
        remote_id=user.email,
        address=user.email,
        enabled=True,
        enabled_at=now,
        cutoff=now - timedelta(days=30),
        proven_at=now,
        proof=Proof.MAIL,
        first_done_at=now,
        listed_at=now,
        ran_at=now,
    )


def _activities(crowd: Crowd, now: datetime, number: int, days: tuple[int, int]) -> None:
    kinds = list(ActivityType.objects.filter(company=crowd.company))
    made = [_activity(crowd, kinds, _moment(now, n, days), n) for n in range(number)]
    Activity.objects.bulk_create(made, batch_size=2000)
    taking_part, departing = [], []
    for n, activity in enumerate(made):
        others = {crowd.people[(n * 7 + 1) % len(crowd.people)].pk, activity.owner_id}
        if n % JOINED == 5:
            others.add(crowd.boss.pk)
        taking_part += [Participant(activity=activity, user_id=each) for each in others]
        if activity.recurrence is not None:
            departing += _departing(activity)
    Participant.objects.bulk_create(taking_part, batch_size=5000)
    Occurrence.objects.bulk_create(departing, batch_size=5000)
    _remembered(crowd, [activity for n, activity in enumerate(made) if n % OWN == 0], now)


def _activity(crowd: Crowd, kinds: list[ActivityType], start: datetime, n: int) -> Activity:
    activity = Activity(
        company=crowd.company,
        type=kinds[n // 10 % len(kinds)],
        owner=crowd.boss if n % OWN == 0 else crowd.people[n % len(crowd.people)],
        project=crowd.projects[n // 7 % len(crowd.projects)] if n % 3 else None,
        name=f"Meeting about subject {n} with a name as long as names are",
        location=f"Room {n % 40}" if n % 2 else "",
        notes="What was said and what is to be done until the next time.\n" * 4,
        is_private=n % PRIVATE == 0,
        start=start,
        end=start + timedelta(hours=1),
        time_zone="Europe/Helsinki",
    )
    if n % WHOLE_DAYS == 7:
        activity.is_all_day, activity.start, activity.end = True, None, None
        activity.first_date, activity.end_date = start.date(), start.date() + timedelta(days=1 + n % 3)
    if n % REPEATS == 0:
        activity.recurrence = patterns.dump(_rule(activity.first_date or start.date(), n))
    return activity


def _moment(now: datetime, n: int, days: tuple[int, int]) -> datetime:
    """A moment in working hours; neighbouring numbers are far apart."""
    day = (n * 389) % sum(days) - days[0]
    return now.replace(hour=6 + n % 9, minute=0, second=0, microsecond=0) + timedelta(days=day)


def _rule(first: date, n: int) -> recurrence.Recurrence:
    """Every week; half of them never end."""
    ends = None if n // REPEATS % 2 else 30
    return recurrence.Recurrence(recurrence.Kind.WEEKLY, first, days=frozenset({first.weekday()}), count=ends)


def _departing(activity: Activity) -> list[Occurrence]:
    first = activity.first_date or activity.start.date()
    return [
        Occurrence(activity=activity, original_date=first + timedelta(weeks=1), cancelled=True),
        Occurrence(activity=activity, original_date=first + timedelta(weeks=2), name="Another name this once"),
    ]


def _remembered(crowd: Crowd, paired: list[Activity], now: datetime) -> None:
    """What the boss's mailbox remembers: pairs, runs, lines of the journal, and a hold for every tenth."""
    mailbox = crowd.boss.mailbox
    begun = mailbox.runs.count()
    runs = [
        Run(
            mailbox=mailbox,
            number=begun + n,
            kind=RunKind.QUICK,
            started_at=now - timedelta(minutes=n),
            ended_at=now - timedelta(minutes=n),
            finished=True,
            counts={"written": 3},
        )
        for n in range(max(1, len(paired) // 4))
    ]
    Run.objects.bulk_create(runs)
    images = {activity.pk: _image(activity) for activity in paired}
    Pair.objects.bulk_create(
        [
            Pair(
                mailbox=mailbox,
                origin=str(activity.pk),
                activity=activity.pk,
                event=f"event-{activity.pk}",
                born="here",
                state="live",
                base=images[activity.pk],
                seen=images[activity.pk],
            )
            for activity in paired
        ],
        batch_size=2000,
    )
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(
                run=runs[n % len(runs)],
                mailbox=mailbox,
                at=now - timedelta(minutes=n),
                side="there",
                action=action,
                reason="changed here",
                activity=activity.pk,
                event=f"event-{activity.pk}",
                groups=["title"],
                before=images[activity.pk] if action == "updated" else None,
                after=images[activity.pk],
            )
            for action in ("created", "updated")
            for n, activity in enumerate(paired)
        ],
        batch_size=2000,
    )
    Hold.objects.bulk_create(
        [
            Hold(
                mailbox=mailbox,
                item=f"event:{activity.pk}",
                reason="unrepresentable",
                detail="no-sense",
                title=activity.name,
            )
            for activity in paired[::10]
        ]
    )


def _image(activity: Activity) -> Entry:
    start = activity.start or datetime.combine(activity.first_date, datetime.min.time(), activity.zone)
    return Entry(activity.name, Timed(start, start + timedelta(hours=1)), activity.location, activity.notes)


def series_of(user: User) -> UUID:
    """A series that the user owns."""
    found = Activity.objects.filter(owner=user, recurrence__isnull=False).order_by("name").first()
    assert found is not None
    return found.pk


def arguments(crowd: Crowd) -> dict[str, object]:
    """What stands in addresses: things of the boss's, and keys that nobody has been sent."""
    kind = crowd.company.activity_types.first()
    assert kind is not None
    return {
        "activity_id": series_of(crowd.boss),
        "type_id": kind.pk,
        "user_id": crowd.boss.pk,
        "project_id": crowd.projects[0].pk,
        "key": "nobody-was-sent-this",
        "token": "nobody-was-sent-this",
        "uidb36": "1",
    }


def words(crowd: Crowd, today: date) -> dict[str, object]:
    """What stands in queries: this week, this month, colleagues, a type, a project, an occurrence."""
    monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    series = Activity.objects.get(pk=series_of(crowd.boss))
    kind = crowd.company.activity_types.first()
    assert kind is not None
    return {
        "monday": f"{monday}T00:00:00",
        "sunday": f"{monday + timedelta(days=7)}T00:00:00",
        "month": f"{month}T00:00:00",
        "today": today,
        "end_of_month": f"{month + timedelta(days=42)}T00:00:00",
        "colleagues": [str(person.pk) for person in crowd.people[:10]],
        "type": str(kind.pk),
        "project": str(crowd.projects[0].pk),
        "day": series.first_date or series.start.astimezone(series.zone).date(),
    }
