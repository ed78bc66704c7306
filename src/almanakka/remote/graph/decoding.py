"""JSON from a server that may send anything."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from almanakka.sync.errors import Unreachable

T = TypeVar("T")

_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return JSON as a struct; raises Unreachable where it makes no sense.

    Lone surrogates, raw control characters and broken UTF-8, which strict JSON forbids and calendars contain, come
    through as replacement characters: one odd title must not cost a whole page.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except _MALFORMED:
        return _decode_repaired(bytes(body), kind)


def _decode_repaired(body: bytes, kind: type[T]) -> T:
    try:
        lenient = json.loads(body.decode("utf-8", "replace"), strict=False)
        text = json.dumps(lenient, ensure_ascii=False)
        clean = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return msgspec.json.decode(clean.encode(), type=kind)
    except (*_MALFORMED, ValueError) as error:
        raise Unreachable(f"malformed answer: {type(error).__name__}") from None
