"""The connection doctor: looks at each thing by itself, and notes nothing but a refused password (S11, B11)."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

from requests.utils import get_environ_proxies, select_proxy

from almanakka.accounts.models import User
from almanakka.calendars import exchange, installation, standstill, tenant
from almanakka.calendars.models import Connection, Health, Kind, Mailbox
from almanakka.remote import checks
from almanakka.remote.checks import Check, Look, State, chain
from almanakka.remote.ews.client import ServerSettings
from almanakka.remote.ews.diagnosis import Server
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.diagnosis import Tenant
from almanakka.remote.way import Way
from almanakka.sync.errors import CalendarError

#: How long each answer may take, in seconds, where the environment does not say it.
LIMIT = 20.0
VARIABLE = "ALMANAKKA_DOCTOR_SECONDS"

T = TypeVar("T")


class About(StrEnum):
    INSTALLATION = "installation"
    OFFICE_365 = "office_365"
    EXCHANGE_SERVER = "exchange_server"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the installation, of the connection of the company ``name``, or of the mailbox ``name``."""

    about: About
    name: str
    check: Check


@dataclass(frozen=True, slots=True)
class Person:
    """Whose mailbox is looked at: ``id`` is what it is known by there, ``address`` what people call it.

    ``trouble`` is what its last run ended with, where it is not being run well.
    """

    id: str
    address: str
    trouble: CalendarError | None = None


def limit() -> float:
    """How long each answer may take, in seconds."""
    try:
        return max(float(os.environ[VARIABLE]), 0.1)
    except (KeyError, ValueError):
        return LIMIT


def examine(*, everything: bool = False) -> Iterator[Finding]:
    """Look at the installation, then at every connection that is on and its mailboxes; one fault hides no other.

    ``everything`` is for connections that are not switched on, too.
    """
    if not (yield from _installation()):
        return
    links = Connection.objects.select_related("company").order_by("company__name", "kind")
    for link in links if everything else links.filter(enabled=True):
        mailboxes = link.mailboxes.filter(enabled=True).order_by("address")
        yield from examine_connection(link, [_holder(each) for each in mailboxes])


def examine_person(user: User) -> Iterator[Finding]:
    """Look at the installation, and at the connection and the mailbox of one person of ours.

    Nothing of what the calendar holds is read, so it needs no proof that the address is theirs (S12).
    """
    if not (yield from _installation()):
        return
    mailbox = Mailbox.objects.filter(user=user).select_related("connection__company").first()
    if mailbox is not None:
        yield from examine_connection(mailbox.connection, [_holder(mailbox)])
        return
    for link in Connection.objects.filter(company_id=user.company_id, enabled=True).order_by("kind"):
        yield from examine_connection(link, [Person(user.email, user.email)])


def examine_connection(link: Connection, people: Sequence[Person] = ()) -> Iterator[Finding]:
    """Look at one connection, as it is in memory, and at some people's mailboxes through it."""
    return _server(link, people) if link.kind == Kind.EXCHANGE else _office_365(link, people)


# --- inside --------------------------------------------------------------------------------------


def _installation() -> Generator[Finding, None, bool]:
    """Yield its findings; return whether its database can be asked for more."""
    found = yield from _told(About.INSTALLATION, "", installation.checks())
    return any(check.name == "migrations" and check.state is State.PASSED for check in found)


def _told(about: About, name: str, found: Iterable[Check]) -> Generator[Finding, None, list[Check]]:
    """Yield checks as findings, each as soon as it was made; return them all."""
    seen = []
    for check in found:
        seen.append(check)
        yield Finding(about, name, check)
    return seen


def _server(link: Connection, people: Sequence[Person]) -> Iterator[Finding]:
    settings, refusal = _settings(lambda: exchange.server_settings(link), ServerSettings("", "", ""))
    way = Way(settings.url, settings.verify, limit())
    refused, gate = link.refused_at and link.refused_at.date(), partial(standstill.signing_in, link.pk)
    with closing(Server(settings, limit(), refused, gate)) as server:
        looks = [("settings", lambda: _complete(refusal)), *way.looks(), *server.looks()]
        found = yield from _told(About.EXCHANGE_SERVER, str(link.company), chain(looks))
        for each in people:
            yield from _mailbox(each, server.looks_at(each.id), checks.failed(found))


def _office_365(link: Connection, people: Sequence[Person]) -> Iterator[Finding]:
    settings, refusal = _settings(lambda: tenant.graph_settings(link), GraphSettings("", "", secret=""))
    with closing(Tenant(settings, limit(), [each.id for each in people])) as office:
        looked = _tenant(office, settings, refusal)
        found = yield from _told(About.OFFICE_365, str(link.company), looked)
        for each in people:
            yield from _mailbox(each, office.looks_at(each.id), checks.failed(found))


def _holder(mailbox: Mailbox) -> Person:
    failing = mailbox.health == Health.FAILING and mailbox.error_code
    trouble = CalendarError(mailbox.error_detail, mailbox.error_code) if failing else None
    return Person(mailbox.remote_id, mailbox.address, trouble)


def _mailbox(person: Person, looks: Iterable[Look], after: str) -> Iterator[Finding]:
    """Look at one mailbox, and tell how its last run ended if nothing else that is wrong with it tells that."""
    found = yield from _told(About.MAILBOX, person.address, chain(looks, person.address, after))
    if person.trouble is not None and all(check.state is State.PASSED for check in found):
        last = chain([("last_run", lambda: _complete(person.trouble))], person.address)
        yield from _told(About.MAILBOX, person.address, last)


def _tenant(office: Tenant, settings: GraphSettings, refusal: CalendarError | None) -> Iterator[Check]:
    """Look at the sign-in and at Graph each by itself: they are different servers."""
    settled = yield from _kept(chain([("registration", lambda: _complete(refusal))]))
    signing_in = yield from _kept(_way(settings.authority, settings, checks.failed(settled)))
    graph = yield from _kept(_way(settings.graph, settings, checks.failed(settled)))
    known = yield from _kept(chain(office.signing_in(), after=checks.failed([*settled, *signing_in])))
    yield from chain(office.permissions(), after=checks.failed([*settled, *signing_in, *graph, *known]))


def _kept(found: Iterable[Check]) -> Generator[Check, None, list[Check]]:
    """Yield checks, each as soon as it was made; return them all."""
    seen = []
    for check in found:
        seen.append(check)
        yield check
    return seen


def _way(url: str, settings: GraphSettings, after: str) -> Iterator[Check]:
    proxied = not settings.own_addresses and select_proxy(url, get_environ_proxies(url)) is not None
    host = url.partition("://")[2].partition("/")[0]
    return chain(Way(url, settings.verify, limit(), proxied=proxied).looks(), host, after)


def _settings(make: Callable[[], T], nothing: T) -> tuple[T, CalendarError | None]:
    """Return what ``make`` makes of a connection's row, or ``nothing`` and why there is nothing."""
    try:
        return make(), None
    except CalendarError as error:
        return nothing, error


def _complete(refusal: CalendarError | None) -> str:
    if refusal is not None:
        raise refusal
    return ""
