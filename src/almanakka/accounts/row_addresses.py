"""Addresses of the pages of many things: looking each up in the table of addresses would be a good part of a page."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.urls import reverse

_NOBODY = UUID(int=0)


def of(name: str) -> Callable[[UUID], str]:
    """Return what gives the address of the page ``name`` of one thing, by its id."""
    before, after = reverse(name, args=[_NOBODY]).split(str(_NOBODY))
    return lambda id: f"{before}{id}{after}"
