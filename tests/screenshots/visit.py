"""Somebody who looks at pages without a browser, and what they cut out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client
from lxml import html

from almanakka.accounts.models import User
from almanakka.calendars import wiring
from almanakka.calendars.models import Mailbox

from .office import NOW, Office

SYNC = "/profile/calendar-sync/"
MAIN = "//main"
SAID = "//ul[@class='messages']"

Gallery = Callable[["Visit"], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody of the company that is photographed, who looks at pages without a browser."""

    house: Office
    client: Client

    @property
    def aino(self) -> User:
        return self.house.aino

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox.objects.get(user=self.aino)

    def enter(self, who: User) -> None:
        """Sign in, as somebody who has just entered their password."""
        self.client.force_login(who, "almanakka.accounts.backend.Backend")
        request = HttpRequest()
        request.session = self.client.session
        record_authentication(request, who, "password", reauthenticated=True)
        request.session.save()

    def run(self) -> None:
        """Synchronise her calendar."""
        wiring.run_mailbox(self.mailbox.pk, clock=lambda: NOW)

    def cut(self, path: str, part: str = MAIN, data: dict[str, Any] | None = None) -> str:
        """Return that part of a page, an XPath, as HTML; ``data`` is sent to it first, and what comes of it shown."""
        answer = self.client.get(path, follow=True) if data is None else self.client.post(path, data, follow=True)
        found = html.fromstring(answer.content.decode()).xpath(part)
        assert found, f"{path} shows no {part}"
        for each in found:
            each.tail = None
            if each.tag == "main":
                each.tag = "div"
        return "".join(html.tostring(each, encoding="unicode") for each in found)


def visit(house: Office, language: str) -> Visit:
    return Visit(house, Client(headers={"host": "127.0.0.1", "accept-language": language}))


def filled(page: str) -> dict[str, Any]:
    """Return what the editor of a page would send, as it stands."""
    given: dict[str, Any] = {}
    for name, value in html.fromstring(page).xpath("//form[contains(@class, 'editor')]")[0].form_values():
        given.setdefault(name, []).append(value)
    return given
