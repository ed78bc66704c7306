"""Days and moments in short formats, for lists: Django reads a format anew for each, a good part of a page of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from django.utils.dates import MONTHS_3
from django.utils.formats import date_format, get_format
from django.utils.translation import get_language

#: How Python writes what a format has letters for, of a moment and of its month's name.
_WRITTEN = {
    "d": "{0.day:02}",
    "j": "{0.day}",
    "m": "{0.month:02}",
    "n": "{0.month}",
    "M": "{1}",
    "Y": "{0.year:04}",
    "H": "{0.hour:02}",
    "G": "{0.hour}",
    "i": "{0.minute:02}",
}
_NOT_TAKEN = frozenset("\\{}")


def of(style: str) -> Callable[[date], str]:
    """Return what writes days, or moments in the zone that they are given in, as ``date_format`` with this style does.

    It is for the reader's language of now.
    """
    return _writer(get_format(style), get_language())


@cache
def _writer(style: str, _language: str | None) -> Callable[[date], str]:
    """Return what writes in a format; in one with letters that are not known here, Django does it."""
    if any(each in _NOT_TAKEN or (each.isalpha() and each not in _WRITTEN) for each in style):
        return lambda at: date_format(at, style)
    months = [str(MONTHS_3[number]).title() for number in range(1, 13)]
    written = "".join(_WRITTEN.get(each, each) for each in style).format
    return lambda at: written(at, months[at.month - 1])
