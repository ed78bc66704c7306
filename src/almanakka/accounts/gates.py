"""Who may enter a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from almanakka.accounts import second_step

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """Let nobody in but administrators; whoever is signed out signs in first."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_administrator:
            raise PermissionDenied
        if second_step.is_missing(request.user):
            messages.warning(request, _("Your company wants a second step of administrators: switch it on first."))
            return redirect("mfa_activate_totp")
        return view(request, *args, **kwargs)

    return guarded
