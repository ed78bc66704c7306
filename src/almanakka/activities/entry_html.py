"""Entries of a calendar as parts of a page: no template gets through hundreds of them in time."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django.utils.formats import get_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from almanakka.activities.agenda import Item


def clock() -> str:
    """Return how a time of day is written in the reader's language, for `strftime`, which is quick."""
    return "%-H.%M" if "." in get_format("TIME_FORMAT") else "%H:%M"


def link(item: Item) -> SafeString:
    """Return what an entry that is open to its reader is called, leading to its page, and where else it is."""
    there = item.activity.elsewhere
    mark = "" if there is None else f" {there.drawn}"
    return SafeString(f'<a href="{escape(item.address)}">{escape(item.name or _("(no name)"))}</a>{mark}')


def line(when: str, what: str, *beside: str, colour: int | None = None) -> SafeString:
    """Return a line of a list: ``when`` and ``what``, as they are, and what is said ``beside`` them, as text."""
    swatch = "" if colour is None else f'<span class="swatch c{colour}" aria-hidden="true"></span> '
    return SafeString(f'<li>{swatch}<span class="quiet when">{when}</span> {what}{_quiet(beside)}</li>')


def _quiet(said: Iterable[str]) -> str:
    text = " · ".join([escape(each) for each in said if each])
    return f' <span class="quiet">{text}</span>' if text else ""
