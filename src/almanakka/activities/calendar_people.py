"""Whose calendars somebody looks at: one's own, or those of the colleagues chosen, remembered until signing out."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest

from almanakka.accounts.models import User

MOST_PEOPLE = 10
REMEMBERED = "calendar_people"


def chosen(request: HttpRequest) -> list[User]:
    """Return whose calendars a page shows; what is asked for now is what the next page shows."""
    user: User = request.user
    if "people" in request.GET or "pick" in request.GET:
        people = asked_for(user, request.GET.getlist("people"))
        request.session[REMEMBERED] = [str(person.pk) for person in people]
        return people
    return asked_for(user, request.session.get(REMEMBERED, ()))


def asked_for(user: User, ids: Iterable[str]) -> list[User]:
    """Return the people of the company with these ids, oneself first; only oneself without any. One statement."""
    wanted = {text for text in ids if _is_id(text)}
    if not wanted or wanted == {str(user.pk)}:
        return [user]
    found = User.objects.filter(company_id=user.company_id, is_active=True, pk__in=wanted)
    people = sorted(found.order_by("full_name", "email"), key=lambda person: person.pk != user.pk)
    return people[:MOST_PEOPLE] or [user]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
