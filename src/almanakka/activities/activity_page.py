"""One activity as people look at it: its page, its card in the calendar, deleting it, and leaving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import editing, elsewhere, meetings, panel, permissions, rule_words
from almanakka.activities.editing import Extent, Forbidden
from almanakka.activities.meetings import Asks, Locked, Standing
from almanakka.activities.subject import EXTENTS, Subject, extent_of, found, says_yes, version_of
from almanakka.sync.errors import StaleVersion


@require_safe
@login_required
def show(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Show an activity, as far as the reader may see it."""
    context = {**_context(request, activity_id), "layout": panel.layout(request)}
    return render(request, "activities/activity.html", context)


@require_safe
@login_required
def card(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Answer what the calendar shows of an entry beside it."""
    return render(request, "activities/card.html", _context(request, activity_id))


@require_POST
@login_required
def remove(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Delete an activity, one occurrence, or what follows."""
    subject = found(request, activity_id)
    version, extent = version_of(request, subject.activity), extent_of(request, subject)
    tells = says_yes(request, subject, extent)
    mails = tells and bool(meetings.among([activity_id]))
    try:
        editing.remove(request.user, subject.activity, version, extent, subject.day, timezone.now(), tells=tells)
    except Forbidden as error:
        raise Http404 from error
    except Asks as error:
        told = _("Several occurrences of a meeting at once are changed in Outlook.")
        if error.day is not None:
            told = _("It is a meeting. Open it to change it: you are asked before any mail goes out.")
        return panel.done(request, told, "activity", activity_id, fault=True)
    except Locked as error:
        return panel.done(request, error.reason, "activity", activity_id, fault=True)
    except StaleVersion:
        told = _("Somebody has changed it in the meantime. Look at it again.")
        return panel.done(request, told, "activity", activity_id, fault=True)
    return panel.done(
        request, _("It is cancelled, and its people get a mail.") if mails else _("It is deleted."), "activities"
    )


@require_POST
@login_required
def leave(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Take oneself out."""
    try:
        editing.leave(request.user, found(request, activity_id).activity, timezone.now())
    except Forbidden as error:
        raise Http404 from error
    return panel.done(request, _("You no longer take part."), "activities")


# --- inside --------------------------------------------------------------------------------------


def _context(request: HttpRequest, activity_id: UUID) -> dict[str, Any]:
    subject = found(request, activity_id)
    activity: Any = subject.activity
    user: User = request.user
    if not permissions.may_see(activity, user):
        raise Http404
    elsewhere.mark(user, [activity])
    standing = meetings.standing(activity, user)
    return {
        "activity": activity,
        "day": subject.day,
        "name": subject.says("name"),
        "location": subject.says("location"),
        "notes": subject.says("notes"),
        "repeats": rule_words.sentence(subject.rule) if subject.rule else "",
        "times": subject.times(user.zone),
        "people": permissions.seen_taking_part(activity, user),
        "may_edit": permissions.may_edit(activity, user),
        "may_delete": permissions.may_delete(activity, user),
        "may_leave": permissions.may_leave(activity, user),
        "outside": permissions.is_from_outside(activity),
        "meeting": standing,
        "extents": _extents(subject, standing),
    }


def _extents(subject: Subject, standing: Standing | None) -> Sequence[tuple[Extent, Any]]:
    """Return how much of it may be meant: of a meeting one occurrence or all, as its organiser is asked (B1)."""
    if subject.day is None or (standing is not None and standing.one_locked):
        return EXTENTS[2:]
    return EXTENTS if standing is None else (EXTENTS[0], EXTENTS[2])
