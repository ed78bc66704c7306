"""What a signed-in person wants pages to be like, and what is answered to whoever tries too often."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from almanakka.accounts import limits

Respond = Callable[[HttpRequest], HttpResponse]


def preferences(respond: Respond) -> Respond:
    """Show pages in the person's own language and zone, else in their company's; a visitor's browser asks for one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return respond(request)
        # no longer lazily: pages ask for their reader thousands of times
        request.user = user = get_user(request)
        with timezone.override(user.zone), translation.override(user.preferred_language):
            request.LANGUAGE_CODE = user.preferred_language  # type: ignore[attr-defined]
            response = respond(request)
            response.headers["Content-Language"] = user.preferred_language
            return response

    return middleware


class Patience:
    """Ask whoever has tried too often to wait."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return limits.page(request, error.seconds) if isinstance(error, limits.TooMany) else None
