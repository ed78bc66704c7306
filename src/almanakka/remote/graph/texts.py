"""Graph's texts and words as ours."""

from __future__ import annotations

from msgspec import UnsetType

from almanakka.remote.graph.model import Body
from almanakka.remote.text import from_html
from almanakka.sync.entry import Response, ShowAs
from almanakka.sync.fields import paragraphs

_RESPONSES = {
    "accepted": Response.ACCEPTED,
    "organizer": Response.ACCEPTED,
    "tentativelyaccepted": Response.TENTATIVE,
    "declined": Response.DECLINED,
}
_SHOW_AS = {each.value.lower(): each for each in ShowAs}


def body_text(body: Body | UnsetType | None) -> str:
    """Return an event's notes as text, also where markup came although text was asked for."""
    if not isinstance(body, Body) or not body.content:
        return ""
    if (body.content_type or "").lower() == "html":
        return from_html(body.content)
    return paragraphs(body.content)


def show_as(value: str | None) -> ShowAs:
    """Return how the time is shown; "unknown" counts as busy."""
    return _SHOW_AS.get((value or "").lower(), ShowAs.BUSY)


def response(value: str | None) -> Response:
    """Return an answer to an invitation; "notResponded" is none."""
    return _RESPONSES.get((value or "").lower(), Response.NONE)
