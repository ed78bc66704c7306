"""JSON from a server that may send anything."""

from __future__ import annotations

import json
import re
from math import isfinite
from threading import Lock
from typing import Any, TypeVar

import msgspec

from almanakka.sync.errors import Unreachable

T = TypeVar("T")

_LONGEST_NUMBER = 300
#: What of an answer lies deeper is nothing that we read, and our reader gives up over it.
_DEEPEST = 64
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{\]}]', re.DOTALL)
_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LEARNING = Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of ``kind``, which any thread may use.

    msgspec learns what a struct is made of when it first decodes one, and lets other threads see what it has learnt so
    far: a second thread that decodes one just then ends the whole process. So one thread at a time learns.
    """
    found = _decoders.get(kind)
    if found is None:
        with _LEARNING:
            found = _decoders[kind] = msgspec.json.Decoder(kind)
    return found


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return JSON as a struct; raises Unreachable where it makes no sense.

    Lone surrogates, raw control characters and broken UTF-8, which strict JSON forbids and calendars contain, come
    through as replacement characters, and what is no number, or nested too deep, as null: one odd event must not cost
    a whole page.
    """
    try:
        return decoder(kind).decode(body)
    except _MALFORMED:
        body = bytes(body)
    try:
        try:
            return _decode_repaired(body, kind)
        except RecursionError:
            return _decode_repaired(_shallow(body), kind)
    except (*_MALFORMED, ValueError) as error:
        raise Unreachable(f"malformed answer: {type(error).__name__}") from None


def _shallow(body: bytes) -> bytes:
    """Return JSON with null for every list and object that lies too deep."""
    kept, begin, depth = [], 0, 0
    for found in _STRING_OR_BRACKET.finditer(body):
        mark = found[0]
        if mark in b"[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [body[begin : found.start()], b"null"]
        elif mark in b"]}":
            if depth == _DEEPEST + 1:
                begin = found.end()
            depth -= 1
    return b"".join([*kept, body[begin:]]) if depth <= _DEEPEST else b"".join(kept)


def _decode_repaired(body: bytes, kind: type[T]) -> T:
    lenient = json.loads(
        body.decode("utf-8", "replace"), strict=False, parse_constant=_none, parse_int=_int, parse_float=_float
    )
    text = json.dumps(lenient, ensure_ascii=False)
    clean = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return decoder(kind).decode(clean.encode())


def _none(_: str) -> None:
    return None


def _int(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


def _float(text: str) -> float | None:
    found = float(text)
    return found if isfinite(found) else None
