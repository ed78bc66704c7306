"""Paths with their ids and addresses replaced by names, for counting."""

from __future__ import annotations

from .call import Call

_AFTER = {"users": "{user}", "events": "{event}", "calendars": "{calendar}", "subscriptions": "{subscription}"}
_FIXED = {"delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"}


def route(call: Call) -> str:
    """The path without version, such as /users/{user}/events/{event}/instances."""
    shown: list[str] = []
    for segment in call.segments[1:]:
        before = shown[-1].lower() if shown else ""
        if segment.lower() in _FIXED:
            shown.append("delta")
        else:
            shown.append(_AFTER.get(before, segment))
    return "/" + "/".join(shown)
