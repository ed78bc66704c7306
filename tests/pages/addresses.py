"""The address of every page, from the application's own table of addresses, so that a new page cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, get_resolver, reverse

#: Pages that look at something outside this application; what they cost is measured elsewhere.
ELSEWHERE = {
    "calendar-sync-preview": "it reads the whole mailbox",
    "calendar-sync-off-preview": "it reads the whole mailbox for what we created there",
    "microsoft-granted": "it asks Microsoft whether the permissions are granted",
}
#: What pages are asked for beside their plain form; values may be functions of the day and of a colleague's id.
QUERIES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "calendar": ({"as": "list"}, {"people": "{colleagues}"}),
    "calendar-items": (
        {"start": "{monday}", "end": "{sunday}"},
        {"start": "{month}", "end": "{end_of_month}"},
        {"start": "{month}", "end": "{end_of_month}", "people": "{colleagues}"},
    ),
    "activities": (
        {"q": "subject 10"},
        {"whose": "all"},
        {"whose": "all", "q": "nothing like it"},
        {"whose": "all", "type": "{type}", "project": "{project}"},
        {"whose": "all", "page": "200"},
        {"whose": "all", "when": "coming"},
        {"whose": "all", "when": "past"},
    ),
    "activity-rule": ({"first": "{today}", "rule-kind": "weekly", "rule-interval": "2"},),
    "calendar-card": ({"day": "{day}"},),
    "projects": ({"q": "1"},),
    "activity": ({"day": "{day}"},),
    "activity-edit": ({"day": "{day}", "extent": "following"},),
    "calendar-sync-history": ({"q": "subject 10"}, {"page": "30"}),
    "calendar-sync-waiting": ({"reason": "unrepresentable"},),
    "microsoft-exchange": ({"kind": "graph"},),
}
#: Those that are nothing without a query.
NEEDS_QUERY = frozenset({"calendar-items"})


@dataclass(frozen=True, slots=True)
class Address:
    """One page; ``name`` is that of its entry in the table, and of the query if it has one."""

    name: str
    path: str


class Unaddressed(LookupError):
    """A page needs an argument that nothing is said of here."""


def every(arguments: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[Address]:
    """Yield every address that a GET may go to, with and without queries.

    ``arguments`` are for the parts of an address in angle brackets, ``words`` for those of queries in braces (a list
    stands for several). Raises Unaddressed for an address with a part of its own.
    """
    for pattern in _patterns(get_resolver().url_patterns):
        if pattern.name in ELSEWHERE:
            continue
        needed = pattern.pattern.regex.groupindex
        if not needed.keys() <= arguments.keys():
            raise Unaddressed(f"{pattern.name} needs {sorted(needed.keys() - arguments.keys())}")
        path = reverse(pattern.name, kwargs={name: arguments[name] for name in needed})
        if pattern.name not in NEEDS_QUERY:
            yield Address(pattern.name, path)
        for query in QUERIES.get(pattern.name, ()):
            said = {name: _filled(value, words) for name, value in query.items()}
            yield Address(f"{pattern.name}?{'&'.join(query)}", f"{path}?{urlencode(said, doseq=True)}")


def _filled(value: str, words: Mapping[str, Any]) -> Any:
    return words[value.strip("{}")] if value.startswith("{") else value


def _patterns(found: Any) -> Iterator[URLPattern]:
    for each in found:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _patterns(each.url_patterns)
