"""Moving between the sections of the application, which starts a synchronisation (S17)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from almanakka.calendars import triggers

Respond = Callable[[HttpRequest], HttpResponse]

#: The first part of an address is its section; the empty one is Home.
SECTIONS = frozenset(("", "calendar", "activities", "projects", "settings", "profile", "help"))


def trigger(respond: Respond) -> Respond:
    """Trigger the person's mailbox once a page of another section has been answered."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if _is_a_page(request, response):
            triggers.section_changed(request.user, _section(request), request.session)
        return response

    return middleware


def _section(request: HttpRequest) -> str:
    return request.path_info.strip("/").partition("/")[0]


def _is_a_page(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether somebody who is signed in asked for a whole page: no part of one, no form, no file, no error."""
    if request.method != "GET" or response.status_code != 200 or request.headers.get("HX-Request"):
        return False
    if request.headers.get("Sec-Fetch-Dest", "document") != "document" or request.headers.get("Sec-Purpose"):
        return False  # fetched by a script, or before anybody went there
    return _section(request) in SECTIONS and request.user.is_authenticated
