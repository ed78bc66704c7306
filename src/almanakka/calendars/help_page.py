"""Help: one guide for everybody and one for administrators, in the reader's language."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
@login_required
def guide(request: HttpRequest) -> HttpResponse:
    """Show both guides."""
    return render(request, "calendars/help.html")
