"""The company's people as the page for administrators lists them: how they stand, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from almanakka.accounts import row_addresses
from almanakka.accounts.models import Company, Role, User


@dataclass(frozen=True, slots=True)
class Deed:
    """A button: ``label`` is on it, ``told`` is what a screen reader says, ``name`` and ``value`` are sent."""

    address: str
    label: str
    told: str
    name: str = ""
    value: str = ""

    @property
    def drawn(self) -> SafeString:
        sent = format_html(' name="{}" value="{}"', self.name, self.value) if self.name else ""
        return format_html(
            '<button type="submit" class="plain" formaction="{}"{} aria-label="{}">{}</button>',
            *(self.address, sent, self.told, self.label),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One person; ``email`` is empty where it stands for the name, ``style`` is for the style sheet."""

    name: str
    email: str
    role: str
    style: str
    state: str
    since: str
    deeds: list[Deed]

    @property
    def second_line(self) -> str:
        return format_html('<br><span class="quiet small">{}</span>', self.email) if self.email else ""

    @property
    def buttons(self) -> SafeString:
        return mark_safe("\n".join(each.drawn for each in self.deeds))  # noqa: S308 - drawn safely, each of them


def found(company: Company, words: str) -> QuerySet[User]:
    """The company's people with ``words`` in their name or address, those who may sign in first."""
    people = User.objects.filter(company_id=company.pk)
    if words:
        people = people.filter(Q(full_name__icontains=words) | Q(email__icontains=words))
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    steps = Authenticator.objects.filter(user=OuterRef("pk"))
    people = people.annotate(proven=Exists(proven), has_second_step=Exists(steps))
    return people.order_by("-is_active", "full_name", "email")


def told(people: Iterable[Any], reader: User) -> list[Row]:
    """Return lines of people as :func:`found` finds them, in the reader's language."""
    roles = {value: capfirst(str(label)) for value, label in Role.choices}
    address = {
        name: row_addresses.of(f"settings-user-{name}")
        for name in ("invite", "withdraw", "role", "second-step", "active")
    }
    return [
        Row(
            name=str(person),
            email=person.email if person.full_name else "",
            role=roles[person.role],
            deeds=list(_deeds(person, reader, address)),
            **_state(person),
        )
        for person in people
    ]


def _state(person: Any) -> dict[str, str]:
    if not person.is_active:
        return {"style": "off", "state": _("may not sign in"), "since": ""}
    if person.is_awaited:
        since = date_format(person.invited_at, "SHORT_DATE_FORMAT")
        return {"style": "waiting", "state": _("invited"), "since": since}
    if person.proven:
        return {"style": "well", "state": _("address confirmed"), "since": ""}
    return {"style": "new", "state": _("address not confirmed"), "since": ""}


def _deeds(person: Any, reader: User, address: dict[str, Callable[[UUID], str]]) -> Iterator[Deed]:
    name, id, awaited = {"person": person}, person.pk, person.is_awaited
    if awaited and person.is_active:
        yield Deed(address["invite"](id), _("Invite again"), _("Invite %(person)s again") % name)
        yield Deed(address["withdraw"](id), _("Withdraw"), _("Withdraw the invitation of %(person)s") % name)
    elif person.is_active and person.is_administrator:
        label, told = _("Remove administrator rights"), _("Take the administrator's rights from %(person)s") % name
        yield Deed(address["role"](id), label, told, "role", Role.EMPLOYEE.value)
    elif person.is_active:
        label, told = _("Make an administrator"), _("Make %(person)s an administrator") % name
        yield Deed(address["role"](id), label, told, "role", Role.ADMINISTRATOR.value)
    if person.has_second_step and person != reader:
        yield Deed(
            address["second-step"](id), _("Remove the second step"), _("Remove the second step of %(person)s") % name
        )
    if not person.is_active:
        told = _("Allow %(person)s to sign in") % name
        yield Deed(address["active"](id), _("Allow to sign in"), told, "active", "yes")
    elif person != reader and not awaited:
        told = _("Block %(person)s from signing in") % name
        yield Deed(address["active"](id), _("Block from signing in"), told, "active", "no")
