"""OData query options: $filter as a predicate, $select, $expand, $orderby."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from exchange_simulator.draft import property_key
from exchange_simulator.errors import bad_request
from exchange_simulator.item import PropertyKey

Getter = Callable[[str], Any]
Predicate = Callable[[Getter], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+)|(?P<word>[A-Za-z@_][\w./@-]*)|(?P<mark>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and a > b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "le": lambda a, b: a is not None and a <= b,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}


@dataclass(slots=True)
class Filter:
    """A compiled $filter. `property_equals` and `uid_equals` are set when the whole filter is just that, so
    that an index can answer it; `mentions_properties` says whether extended properties occur at all."""

    predicate: Predicate
    property_equals: tuple[PropertyKey, str] | None = None
    uid_equals: str | None = None
    mentions_properties: bool = False


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise self.error()
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()

    def error(self) -> Exception:
        return bad_request(f"Invalid filter clause: {self.text}")

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, expected: str | None = None) -> str:
        kind, value = self.peek()
        if kind == "end" or (expected is not None and value.lower() != expected):
            raise self.error()
        self.at += 1
        return value

    def either(self) -> Predicate:
        left = self.both()
        while self.peek()[1].lower() == "or":
            self.take()
            left = (lambda a, b: lambda get: a(get) or b(get))(left, self.both())
        return left

    def both(self) -> Predicate:
        left = self.single()
        while self.peek()[1].lower() == "and":
            self.take()
            left = (lambda a, b: lambda get: a(get) and b(get))(left, self.single())
        return left

    def single(self) -> Predicate:
        kind, value = self.peek()
        word = value.lower()
        if value == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if word == "not":
            self.take()
            negated = self.single()
            return lambda get: not negated(get)
        if kind != "word":
            raise self.error()
        self.take()
        if word in _FUNCTIONS and self.peek()[1] == "(":
            return self.function(_FUNCTIONS[word])
        if word.endswith("/any") and self.peek()[1] == "(":
            return self.any_of(value[:-4])
        return self.comparison(value)

    def function(self, test: Callable[[str, str], bool]) -> Predicate:
        self.take("(")
        path = self.take()
        self.take(",")
        part = str(self.literal()).lower()
        self.take(")")
        return lambda get: test(str(get(path) or "").lower(), part)

    def any_of(self, path: str) -> Predicate:
        self.take("(")
        variable = self.take()
        self.take(":")
        inner = self.either()
        self.take(")")

        def test(get: Getter) -> bool:
            return any(inner(_element(each, variable, get)) for each in get(path) or ())

        return test

    def comparison(self, path: str) -> Predicate:
        compare = _COMPARE.get(self.take().lower())
        if compare is None:
            raise self.error()
        wanted = self.literal()

        def test(get: Getter) -> bool:
            value = get(path)
            try:
                if isinstance(value, dt.datetime) and wanted is not None:
                    return compare(value, _moment(wanted))
                if isinstance(value, str) and isinstance(wanted, str):
                    return compare(value.lower(), wanted.lower())
                return compare(value, wanted)
            except (TypeError, ValueError):
                raise self.error() from None

        return test

    def literal(self) -> Any:
        kind, value = self.peek()
        self.take()
        if kind == "string":
            return value[1:-1].replace("''", "'")
        if kind == "number":
            return int(value)
        if kind == "word":
            return {"true": True, "false": False, "null": None}.get(value.lower(), value)
        if kind != "moment":
            raise self.error()
        return value


def _element(value: Any, variable: str, outer: Getter) -> Getter:
    def get(path: str) -> Any:
        head, _, rest = path.partition("/")
        if head != variable:
            return outer(path)
        return value.get(rest) if rest else value

    return get


def _moment(text: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text)))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def read_moment(text: str, name: str) -> dt.datetime:
    """A date and time of a query option; without offset it is UTC. Raises `Refusal` 400."""
    try:
        moment = _moment(text.strip().replace(" ", "+"))
        return moment.replace(year=min(max(moment.year, 1604), 4600))
    except ValueError:
        raise bad_request(f"The value '{text}' of parameter '{name}' is invalid.", "ErrorInvalidParameter") from None


_PROPERTY_ANY = re.compile(
    r"^\s*singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'([^']*)'\s+and\s+"
    r"\1/value\s+eq\s+'((?:[^']|'')*)'\s*\)\s*$",
    re.I,
)
_UID = re.compile(r"^\s*(?:iCalUId|uid)\s+eq\s+'([^']*)'\s*$", re.I)


def read_filter(text: str) -> Filter:
    """Compile a $filter. Raises `Refusal` 400."""
    parser = _Parser(text)
    lowered = text.lower()
    found = Filter(parser.either(), mentions_properties="extendedproperties" in lowered)
    if parser.peek()[0] != "end":
        raise parser.error()
    if match := _PROPERTY_ANY.match(text):
        found.property_equals = (property_key(match[2])[0], match[3].replace("''", "'"))
    elif match := _UID.match(text):
        found.uid_equals = match[1]
    return found


@dataclass(frozen=True, slots=True)
class Selection:
    """$select and $expand together: `names` is None for everything."""

    names: frozenset[str] | None = None
    properties: frozenset[PropertyKey] = frozenset()
    exceptions: Selection | None = None

    def wants(self, name: str) -> bool:
        """Whether a property goes into the answer; what must be asked for by name is not covered."""
        return self.names is None or name in self.names


def _split(text: str, separator: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in [*parts, current] if part.strip()]


def read_selection(select: str | None, expand: str | None) -> Selection:
    """Read $select and $expand. Raises `Refusal` 400 for what cannot be expanded."""
    names = frozenset(n.strip() for n in select.split(",") if n.strip()) if select else None
    properties: frozenset[PropertyKey] = frozenset()
    exceptions = None
    for part in _split(expand or "", ","):
        name, _, inner = part.partition("(")
        options = {
            key.strip().lower(): value
            for key, _, value in (each.partition("=") for each in _split(inner.rstrip()[:-1], ";"))
        }
        if name.strip().lower() == "singlevalueextendedproperties":
            wanted = re.findall(r"\bid\s+eq\s+'([^']*)'", options.get("$filter", ""), re.I)
            if not wanted:
                raise bad_request("singleValueExtendedProperties: $filter on id is required.")
            properties |= {property_key(each)[0] for each in wanted}
        elif name.strip().lower() == "exceptionoccurrences":
            exceptions = read_selection(options.get("$select"), options.get("$expand"))
        elif name.strip().lower() not in ("instances", "calendar", "attachments", "extensions"):
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.event'.")
    return Selection(names, properties, exceptions)


@dataclass(frozen=True, slots=True)
class Order:
    """$orderby: paths with a flag for descending."""

    terms: tuple[tuple[str, bool], ...] = field(default=())


def read_order(text: str | None) -> Order:
    """Read $orderby."""
    terms = []
    for part in (text or "").split(","):
        words = part.split()
        if words:
            terms.append((words[0], len(words) > 1 and words[1].lower() == "desc"))
    return Order(tuple(terms))
