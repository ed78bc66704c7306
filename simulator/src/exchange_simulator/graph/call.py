"""One request to Graph, free of any web framework, and its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from exchange_simulator.errors import bad_request, unsupported_zone
from exchange_simulator.zones import UnknownZone, zone_of

_PREFERENCE = re.compile(r'([\w.\-]+)\s*=\s*(?:"([^"]*)"|([^,;"\s]*))|([\w.\-]+)')


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the Prefer header asks for."""

    immutable: bool = False
    zone_name: str = "UTC"
    body_type: str = "html"
    page: int | None = None
    applied: tuple[str, ...] = ()


def read_preferences(header: str) -> Preferences:
    """Read all Prefer headers, joined by commas. Raises `Refusal` 400 for an unknown zone."""
    asked: dict[str, str] = {}
    for name, quoted, bare, alone in _PREFERENCE.findall(header):
        asked[(name or alone).lower()] = quoted or bare
    applied = []
    immutable = asked.get("idtype", "").lower() == "immutableid"
    if immutable:
        applied.append('IdType="ImmutableId"')
    zone_name = asked.get("outlook.timezone", "UTC")
    if "outlook.timezone" in asked:
        try:
            zone_of(zone_name)
        except UnknownZone:
            raise unsupported_zone(zone_name) from None
        applied.append(f'outlook.timezone="{zone_name}"')
    body_type = asked.get("outlook.body-content-type", "html").lower()
    if "outlook.body-content-type" in asked:
        if body_type not in ("text", "html"):
            raise bad_request("outlook.body-content-type is text or html.", "ErrorInvalidPreference")
        applied.append(f'outlook.body-content-type="{body_type}"')
    size = asked.get("odata.maxpagesize")
    if size is not None:
        if not size.isdigit() or int(size) < 1:
            raise bad_request("odata.maxpagesize is a positive number.", "ErrorInvalidPreference")
        applied.append(f"odata.maxpagesize={size}")
    return Preferences(immutable, zone_name, body_type, int(size) if size else None, tuple(applied))


@dataclass(slots=True)
class Call:
    """One request. `path` is still percent-encoded; `headers` has lower-case names, Prefer lines joined."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    base: str
    in_batch: bool = False
    options: dict[str, str] = field(default_factory=dict)
    segments: list[str] = field(default_factory=list)
    preferences: Preferences = Preferences()
    malformed: bool = False

    def __post_init__(self) -> None:
        self.segments = [unquote(part) for part in self.path.split("/") if part]
        pairs = parse_qsl(self.query, keep_blank_values=True)
        self.options = {name.lower(): value for name, value in pairs}

    @property
    def version(self) -> str:
        """v1.0 or beta."""
        return self.segments[0] if self.segments else ""

    @property
    def url(self) -> str:
        """The absolute address without query."""
        return f"{self.base}{self.path}"

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole-number query option. Raises `Refusal` 400."""
        text = self.options.get(name)
        if text is None:
            return default
        if not text.isdigit() or not low <= int(text):
            raise bad_request(f"Invalid value '{text}' for {name}.")
        return min(int(text), high)


@dataclass(slots=True)
class Answer:
    """What goes back: `body` is JSON, or None for no content; `raw` is it in bytes, when it is sent by
    itself; `cut` means the connection is dropped instead; `delay` is in seconds; `settle` makes the body
    later, without the world's lock; `open` says whose request this is as long as it is not finished."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    malformed: bool = False
    raw: bytes = b""
    settle: Callable[[], dict[str, Any]] | None = None
    open: list[tuple[str, str]] = field(default_factory=list)
