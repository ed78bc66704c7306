"""JSON from a server that may send anything."""

from __future__ import annotations

import json
from math import isfinite
from typing import TypeVar

import msgspec

from almanakka.sync.errors import Unreachable

T = TypeVar("T")

_LONGEST_NUMBER = 300
_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return JSON as a struct; raises Unreachable where it makes no sense.

    Lone surrogates, raw control characters and broken UTF-8, which strict JSON forbids and calendars contain, come
    through as replacement characters, and what is no number as null: one odd event must not cost a whole page.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except _MALFORMED:
        return _decode_repaired(bytes(body), kind)


def _decode_repaired(body: bytes, kind: type[T]) -> T:
    try:
        lenient = json.loads(
            body.decode("utf-8", "replace"), strict=False, parse_constant=_none, parse_int=_int, parse_float=_float
        )
        text = json.dumps(lenient, ensure_ascii=False)
        clean = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return msgspec.json.decode(clean.encode(), type=kind)
    except (*_MALFORMED, ValueError) as error:
        raise Unreachable(f"malformed answer: {type(error).__name__}") from None


def _none(_: str) -> None:
    return None


def _int(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


def _float(text: str) -> float | None:
    found = float(text)
    return found if isfinite(found) else None
