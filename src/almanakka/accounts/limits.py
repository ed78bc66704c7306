"""How often somebody may try what could be guessed or misused, counted for all processes together.

The counts lie in the database's cache, where every process finds them. The numbers are the setting
``ACCOUNT_RATE_LIMITS``: ``5/5m/key`` is five in five minutes for each key; ``ip`` and ``user`` are keys by themselves.
"""

from __future__ import annotations

import math
import time
from http import HTTPStatus

from allauth.account import app_settings
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext

APP = "allauth.account"
#: What a page's address stands for among the limits; of the rest the one for requests to change addresses.
ACTIONS = {
    "account_login": "login",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_change_password": "change_password",
    "account_set_password": "change_password",
    "account_email": "manage_email",
    "account_reauthenticate": "reauthenticate",
    "mfa_reauthenticate": "reauthenticate",
}


class TooMany(Exception):
    """Somebody has tried too often; ``seconds`` is how long they wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def spend(request: HttpRequest, action: str, key: str = "") -> ratelimit.RateLimitUsage:
    """Count one try of ``action``, whatever the method of the request; raises TooMany. The answer can be taken back."""
    usage = ratelimit.consume(request, app=APP, action=action, key=key, limit_get=True)
    if not usage:
        raise TooMany(wait(request, action, key))
    return usage


def wait(request: HttpRequest, action: str, key: str = "") -> int:
    """The seconds until ``action`` may be tried again, at least one."""
    now, longest = time.time(), 0.0
    for rate in ratelimit.parse_rates(app_settings.RATE_LIMITS.get(action)):
        if rate.per == "user" and not request.user.is_authenticated:
            continue
        place = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
        tries = cache.get(place, [])  # the newest first
        if len(tries) >= rate.amount:
            longest = max(longest, tries[rate.amount - 1] + rate.duration - now)
    return max(1, math.ceil(longest))


def told(seconds: int) -> str:
    """What somebody who has tried too often reads."""
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "That was tried too often. Nothing has changed. Wait %(number)d minute, then try again.",
        "That was tried too often. Nothing has changed. Wait %(number)d minutes, then try again.",
        minutes,
    )
    return text % {"number": minutes}


def page(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page that says how long to wait."""
    answer = render(request, "429.html", {"told": told(seconds)}, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def handler429(request: HttpRequest) -> HttpResponse:
    """The page that allauth's own views answer with."""
    name = request.resolver_match.url_name if request.resolver_match else ""
    key = request.POST.get("email", "").strip().lower()
    return page(request, wait(request, ACTIONS.get(name or "", "manage_email"), key))
