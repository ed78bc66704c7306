"""An .ics file taken apart, however broken: bytes to components and properties; nothing here raises."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from icalendar.parser import Contentline

#: What is read of an event; everything else is left unparsed, for speed.
WANTED = frozenset(
    (
        *("UID", "SEQUENCE", "SUMMARY", "LOCATION", "DESCRIPTION", "CLASS", "TRANSP", "STATUS", "CATEGORIES"),
        *("DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
        *("ORGANIZER", "ATTENDEE", "TZID", "X-LIC-LOCATION", "X-MICROSOFT-RRULE"),
        *("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-CDO-BUSYSTATUS"),
    )
)
#: Their values begin with a date, so that a colon in an unquoted TZID does no harm.
MOMENTS = frozenset(("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"))
_NAME = re.compile(r"[A-Za-z0-9-]+")
_MOMENT = re.compile(r"^[A-Za-z0-9-]+(?P<params>;.*?)?:(?P<value>\d{4}-?\d\d-?\d\d.*)$")
# With a byte order mark or without one: the file's first letters tell, as they are ASCII.
_WIDE = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"B\0E\0", "utf-16-le"), (b"\0B\0E", "utf-16-be"))
_BLOCK = re.compile(r"(BEGIN|END)\s*(?:;[^:]*)?:\s*(.*)", re.IGNORECASE)
# Byte order marks of files that were put one after the other, and whatever nobody sees.
_INVISIBLE = "\ufeff\u200b\u2060 " + "".join(map(chr, range(32))) + "\x7f"
# Too short to be folded by anybody: what follows is not the rest of it, but a line of its own that is indented.
_INDENTED = re.compile(rb"^((?:BEGIN|END):[A-Z-]+)\n[ \t]+(?=[A-Z-]+[:;])", re.IGNORECASE | re.MULTILINE)
_LINE_ENDS = re.compile(rb"[\r\n]+")
_LISTED = re.compile(r"(?:\\.|[^\\,])+")
_ESCAPE = re.compile(r"\\([\\;,nN])")
# Neither XML nor PostgreSQL holds these, and Outlook drops them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Property:
    """One content line; parameter names are upper case."""

    name: str
    value: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Component:
    """One BEGIN…END block: its properties in order, its raw lines and the blocks inside it."""

    name: str
    properties: list[Property] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [item for item in self.properties if item.name == name]

    def first(self, name: str) -> Property | None:
        return next((item for item in self.properties if item.name == name), None)

    def text(self, name: str) -> str:
        """Return a text value without its escapes and control characters; empty where there is none."""
        found = self.first(name)
        return "" if found is None else plain(found)


def components(data: bytes) -> list[Component]:
    """Return the top blocks of a file (usually one VCALENDAR); a block that nobody closes ends where the file does."""
    root = Component("")
    stack = [root]
    for line in _lines(data):
        line = line.lstrip(_INVISIBLE)
        match = _NAME.match(line)
        if match is None:
            continue
        name = match[0].upper()
        block = _BLOCK.match(line)
        called = "" if block is None else block[2].strip(_INVISIBLE).upper()
        if called:
            (_begin if name == "BEGIN" else _end)(stack, called)
        else:
            stack[-1].lines.append(line)
            parsed = _property(name, line) if name in WANTED else None
            if parsed is not None:
                stack[-1].properties.append(parsed)
    return root.children


def listed(item: Property) -> tuple[str, ...]:
    """Return the texts of a property that holds several, parted by commas; empty ones are none (RFC 5545 3.8.1.2)."""
    parts = (plain(replace(item, value=part)).strip() for part in _LISTED.findall(item.value))
    return tuple(part for part in parts if part)


def plain(item: Property) -> str:
    """Return a property's text as people read it."""
    value = item.value
    if item.params.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        value = _decode(quopri.decodestring(value.encode("utf-8", "surrogatepass")))
    value = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return _CONTROL.sub("", value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _begin(stack: list[Component], name: str) -> None:
    # Neither can stand inside an event: the END of the one before is missing.
    outer = {"VEVENT": ("VCALENDAR", ""), "VCALENDAR": ("",)}.get(name)
    while outer is not None and stack[-1].name not in outer:
        stack.pop()
    block = Component(name)
    stack[-1].children.append(block)
    stack.append(block)


def _end(stack: list[Component], name: str) -> None:
    if any(block.name == name for block in stack[1:]):
        while stack.pop().name != name:
            pass


def _property(name: str, line: str) -> Property | None:
    match = _MOMENT.match(line) if name in MOMENTS else None
    if match is not None:
        return Property(name, match["value"].strip(), _params(match["params"] or ""))
    head, colon, value = line.partition(":")
    if colon and len(head) == len(name):
        return Property(name, value)
    if not colon:  # a date that cannot be read is not one that is not there
        return Property(name, line) if name in MOMENTS else None
    try:
        _, params, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
    except ValueError:
        return Property(name, value)
    return Property(name, str(value), {key.upper(): _one(params[key]) for key in params})


def _one(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _params(text: str) -> dict[str, str]:
    """Split ``;A=b;C="d;e"`` at the semicolons that begin a parameter."""
    found = re.findall(r";([A-Za-z0-9-]+)=(\"[^\"]*\"|(?:(?!;[A-Za-z0-9-]+=).)*)", text)
    return {name.upper(): value.strip('"') for name, value in found}


def _lines(data: bytes) -> Iterator[str]:
    """Yield unfolded lines; unfolding comes before decoding, as a fold may cut a character in two."""
    wide = next((name for mark, name in _WIDE if data.startswith(mark)), None)
    if wide is not None:
        data = data.decode(wide, "replace").encode("utf-8", "replace")
    # Runs of line ends count once: text mode on Windows makes CR CR LF of CR LF, and a fold follows it all the same.
    data = _LINE_ENDS.sub(b"\n", data.removeprefix(b"\xef\xbb\xbf"))
    data = _INDENTED.sub(rb"\1\n", data)
    for line in data.replace(b"\n ", b"").replace(b"\n\t", b"").split(b"\n"):
        if line:
            yield _decode(line)


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
