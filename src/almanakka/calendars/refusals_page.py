"""What a page does when something is refused: it says so in plain words where it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from almanakka.calendars.sentences import refusal
from almanakka.calendars.switching import Refused
from almanakka.sync.errors import CalendarError

View = Callable[[HttpRequest], HttpResponse]
#: Shows the page with the three sentences.
Page = Callable[[HttpRequest, list[str]], HttpResponse]


def told_on(page: Page) -> Callable[[View], View]:
    """Have a view's refusals told on ``page``."""

    def decorated(view: View) -> View:
        @wraps(view)
        def told(request: HttpRequest) -> HttpResponse:
            try:
                return view(request)
            except (Refused, CalendarError) as error:
                own = getattr(request.user, "email", "")
                known = {"address": own, "addresses": own}
                details = error.details if isinstance(error, Refused) else {}
                return page(request, refusal(error.code).told(**{**known, **details}))

        return told

    return decorated
