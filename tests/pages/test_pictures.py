"""The pictures in README and in the guides."""

from __future__ import annotations

from screenshots import kept


def test_every_picture_that_is_kept_shows_a_page_that_is_there() -> None:
    assert list(kept.faults()) == []
