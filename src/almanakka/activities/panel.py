"""Pages that are shown by themselves, or beside the calendar as a part of its page."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

#: What the calendar hears of when something has been done beside it.
EVENT = "activity-done"


def layout(request: HttpRequest) -> str:
    """Return the template that a page fills in: the whole page, or only what is inside."""
    return "panel.html" if request.headers.get("HX-Request") else "base.html"


def done(request: HttpRequest, told: str, *to: object, fault: bool = False) -> HttpResponse:
    """Answer what has been done: with a page that says so, or so that the calendar says it and shows it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({EVENT: {"told": told}})})
    (messages.error if fault else messages.success)(request, told)
    return redirect(*to)
