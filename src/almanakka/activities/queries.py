"""Reading activities, whole and in few statements."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Upper

from almanakka.accounts.models import User
from almanakka.activities.models import NEVER_DEFAULT, Activity, ActivityType, Category, Participant

CHUNK = 2000
PARTS = ("participants", "occurrences")


def load(ids: Iterable[UUID]) -> list[Activity]:
    """The activities with these ids that exist, in the order given, participants and occurrences with them.

    Three statements however many there are (``.participants.all()`` and ``.occurrences.all()`` cost no more).
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    found = {activity.pk: activity for activity in _whole(Activity.objects.filter(pk__in=wanted))}
    return [found[id_] for id_ in wanted if id_ in found]


def of(*user_ids: UUID) -> QuerySet[Activity]:
    """Every activity that one of some users owns or takes part in."""
    owned = Activity.objects.filter(owner_id__in=user_ids).values("pk")
    joined = Participant.objects.filter(user_id__in=user_ids).order_by().values("activity_id")
    # two index scans, each by its own index; with OR the planner would read the whole table
    return Activity.objects.filter(pk__in=owned.union(joined))


def involved_in(user: User) -> QuerySet[Activity]:
    """The same of one user, as a condition on each activity of the company: for whoever reads most of them anyway."""
    joined = Participant.objects.filter(user=user).order_by().values("activity_id")
    return Activity.objects.filter(Q(owner=user) | Q(pk__in=joined), company_id=user.company_id)


def types_of(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the type of each of these activities that exists."""
    return dict(Activity.objects.filter(pk__in=list(ids)).values_list("pk", "type_id"))


def involving(user_id: UUID, chunk: int = CHUNK) -> Generator[Activity, None, None]:
    """Every activity that the user owns or takes part in, whole as from :func:`load`, in the order of ids.

    Holds ``chunk`` of them in memory at a time and asks two statements for each chunk. Whoever may not read to the
    end closes it.
    """
    found = of(user_id).order_by("pk")
    # prefetching is ours to do: in Django's own loop, an error in it would leave the server's cursor open
    with closing(found.iterator(chunk_size=chunk)) as rows:
        while activities := list(islice(rows, chunk)):
            prefetch_related_objects(activities, *PARTS)
            yield from activities


def open_to(user: User) -> QuerySet[Activity]:
    """Everything of the company whose content the user may see (B9): the same as ``permissions.may_see``, in SQL."""
    joined = Participant.objects.filter(user=user).order_by().values("activity_id")
    theirs = Q(owner=user) | Q(pk__in=joined)
    # by their ids: an index then tells all of it
    personal = ActivityType.objects.filter(company_id=user.company_id, category=Category.PERSONAL)
    hidden = Q(is_private=True) | Q(type__in=personal.order_by().values("pk"))
    return Activity.objects.filter(theirs | ~hidden, company_id=user.company_id)


def named(words: str) -> Q:
    """Return the condition that name or location contain ``words``, in capitals or not."""
    # the database's own capitals, as those that it keeps: Python's are others for some letters
    return Q(words__contains=Upper(Value(words))) if words else Q()


def default_type(company_id: UUID) -> ActivityType | None:
    """What an ordinary entry from Microsoft becomes (S10), if the company has a valid one."""
    valid = Q(is_default=True, is_active=True) & ~Q(category__in=NEVER_DEFAULT)
    return ActivityType.objects.filter(valid, company_id=company_id).first()


def preset_personal_type(company_id: UUID) -> ActivityType | None:
    """What the Personal type is preset to: the first active type of that category (S10)."""
    return ActivityType.objects.filter(company_id=company_id, is_active=True, category=Category.PERSONAL).first()


def _whole(activities: QuerySet[Activity]) -> QuerySet[Activity]:
    return activities.prefetch_related(*PARTS)
