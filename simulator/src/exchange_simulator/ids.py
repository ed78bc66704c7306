"""Item ids in Graph's two formats, change keys and meeting uids.

An id says by itself which item, generation of the series and original date it names, so that no table of
occurrence ids is needed; a digest makes guessed ids fail.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import struct
from dataclasses import dataclass
from uuid import uuid4

_IMMUTABLE_HEAD = base64.urlsafe_b64decode("AAkALgAAAAAA")
_CLASSIC_HEAD = base64.urlsafe_b64decode("AAMkAGUxMDBi")
_PAYLOAD = struct.Struct(">IQIIB")
_IMMUTABLE_SIZE, _CLASSIC_SIZE = 54, 114
_UID_HEAD = "040000008200E00074C5B7101A82E008"


@dataclass(frozen=True, slots=True)
class Named:
    """What an id names: an item of a mailbox, or one date of a generation of a series."""

    mailbox: int
    item: int
    generation: int = 0
    day: dt.date | None = None
    moved: bool = False


class MalformedId(Exception):
    """The text is no id of ours."""


def encode(named: Named, *, immutable: bool) -> str:
    """72 characters (immutable) or 152 (classic), both case-sensitive base64url."""
    head, size = (_IMMUTABLE_HEAD, _IMMUTABLE_SIZE) if immutable else (_CLASSIC_HEAD, _CLASSIC_SIZE)
    ordinal = named.day.toordinal() if named.day else 0
    payload = _PAYLOAD.pack(named.mailbox, named.item, named.generation, ordinal, named.moved)
    rest = size - len(head) - len(payload)
    digest = hashlib.blake2b(head + payload, digest_size=min(rest, 64)).digest()
    filler = hashlib.blake2b(payload, digest_size=rest - len(digest)).digest() if rest > 64 else b""
    return base64.urlsafe_b64encode(head + payload + filler + digest).decode()


def decode(text: str) -> Named:
    """The reverse of `encode`, for either format. Raises `MalformedId`."""
    try:
        raw = base64.urlsafe_b64decode(text)
        if len(raw) not in (_IMMUTABLE_SIZE, _CLASSIC_SIZE):
            raise MalformedId(text)
        mailbox, item, generation, ordinal, moved = _PAYLOAD.unpack_from(raw, len(_IMMUTABLE_HEAD))
        day = dt.date.fromordinal(ordinal) if ordinal else None
    except (ValueError, OverflowError, struct.error) as error:
        raise MalformedId(text) from error
    named = Named(mailbox, item, generation, day, bool(moved))
    if encode(named, immutable=len(raw) == _IMMUTABLE_SIZE) != text:
        raise MalformedId(text)
    return named


def change_key(mailbox: int, change: int, salt: int = 0) -> str:
    """The version of an item, opaque and never the same twice within a mailbox."""
    return base64.b64encode(struct.pack(">IIQI", 0x0F000000, mailbox, change, salt)).decode()


def new_uid(now: dt.datetime) -> str:
    """A GlobalObjectId in hex (MS-OXOCAL 2.2.1.27) with an empty instance date."""
    filetime = int((now.timestamp() + 11644473600) * 10_000_000)
    stamp = filetime.to_bytes(8, "little").hex().upper()
    return f"{_UID_HEAD}00000000{stamp}{'0' * 16}10000000{uuid4().hex.upper()}"


def dated_uid(uid: str, day: dt.date) -> str:
    """The uid of one occurrence: the series' uid with the date in bytes 16-19 (YH YL M D)."""
    if not uid.startswith(_UID_HEAD) or len(uid) < 40:
        return f"{uid}-{day.isoformat()}"
    return f"{uid[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{uid[40:]}"


def clean_uid(uid: str) -> str:
    """The series' uid behind the uid of one of its occurrences."""
    return f"{uid[:32]}00000000{uid[40:]}" if uid.startswith(_UID_HEAD) and len(uid) >= 40 else uid
