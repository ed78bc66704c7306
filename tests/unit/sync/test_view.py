"""What decisions rest on besides the two sides themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from almanakka.sync.ports import Copy, Limits
from almanakka.sync.scope import Settings
from almanakka.sync.view import View

NOW = datetime(2026, 1, 7, 9, tzinfo=UTC)


def copy(user: str, *, real: bool) -> Copy:
    return Copy("plan", user, real, master=False, organises=False)


def view(*copies: Copy) -> View:
    settings = Settings("aino", "Europe/Helsinki", NOW - timedelta(days=30))
    return View(settings=settings, limits=Limits(), now=NOW, copies={"plan": copies})


def test_b10_real_copies_are_no_mirrors() -> None:
    matti, sanna, risto = copy("matti", real=True), copy("sanna", real=False), copy("risto", real=True)
    assert view(matti, sanna, risto).real_copies("plan") == [matti, risto]
    assert view(sanna).real_copies("plan") == []


def test_b10_nobody_has_a_real_copy_of_what_no_colleague_has() -> None:
    assert view(copy("matti", real=True)).real_copies("other") == []
