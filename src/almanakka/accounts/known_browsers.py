"""Browsers from which somebody has signed in before.

What strangers try elsewhere with a person's address keeps that person out of no browser that has been theirs: it has a
count of its own. (OWASP: "Slow Down Online Guessing Attacks with Device Cookies".)
"""

from __future__ import annotations

from secrets import token_urlsafe

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "known"
SALT = "almanakka.accounts.known_browsers"
AGE = 180 * 24 * 3600


def mark_of(request: HttpRequest, address: str) -> str:
    """What tells this browser from others if the person with ``address`` has signed in from it, else nothing."""
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return ""
    return str(known["mark"]) if known["address"] == address.lower() else ""


def remember(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Have the browser remember that the person with ``address`` has signed in from it."""
    mark = mark_of(request, address) or token_urlsafe(16)
    response.set_cookie(
        COOKIE,
        signing.dumps({"address": address.lower(), "mark": mark}, salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
