"""Moving between the sections of the application, which starts a synchronisation (S17)."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from almanakka.accounts.models import User
from almanakka.calendars import triggers

Respond = Callable[[HttpRequest], HttpResponse]

log = structlog.get_logger(__name__)

#: The first part of an address is its section; the empty one is Home.
HOME = "home"
SECTIONS = frozenset(("", "calendar", "activities", "projects", "settings", "profile", "help"))


def trigger(respond: Respond) -> Respond:
    """Trigger the person's mailbox once a page of another section has been answered; nobody waits for that.

    The browser remembers where the person is: to write it down here would hold every such page up. Whoever sends
    something else triggers their own mailbox, which every move may do.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        remembered = dict(request.COOKIES)
        if _is_a_page(request, response) and triggers.moved(remembered, _section(request) or HOME):
            _remember(response, remembered[triggers.SECTION])
            _once_sent(response, request.user)
        return response

    return middleware


def _remember(response: HttpResponse, section: str) -> None:
    """Have the browser keep the section until it is closed."""
    secure, same_site = settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_SAMESITE
    response.set_cookie(triggers.SECTION, section, secure=secure, httponly=True, samesite=same_site)


def _once_sent(response: HttpResponse, user: User) -> None:
    """Trigger when the server closes the answer, which by WSGI's rules it does after it has sent it."""
    close = response.close

    def closed() -> None:
        try:
            triggers.entered(user)
        except Exception:  # the answer is out; the next section triggers again
            log.exception("trigger failed", user=str(user.pk))
        finally:
            close()

    response.close = closed  # type: ignore[method-assign]


def _section(request: HttpRequest) -> str:
    return request.path_info.strip("/").partition("/")[0]


def _is_a_page(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether somebody who is signed in asked for a whole page: no part of one, no form, no file, no error."""
    if request.method != "GET" or response.status_code != 200 or request.headers.get("HX-Request"):
        return False
    if request.headers.get("Sec-Fetch-Dest", "document") != "document" or request.headers.get("Sec-Purpose"):
        return False  # fetched by a script, or before anybody went there
    return _section(request) in SECTIONS and request.user.is_authenticated
