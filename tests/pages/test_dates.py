"""No page breaks a date in two: in Swedish, days are written with hyphens, after which browsers begin a new line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils.translation import override

from almanakka.accounts.templatetags.dates import unbroken
from almanakka.calendars import clock

from . import addresses, crowd

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
#: They have no end.
EMPTY = {"br", "col", "hr", "img", "input", "link", "meta", "source"}
#: What is never broken, as frontend/pages.css has it, and what is not drawn as text that flows.
WHOLE = {"time", "script", "style", "option", "textarea", "title"}


class Dates(HTMLParser):
    """``torn`` are the dates of a page that may be broken, ``kept`` those that may not."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[tuple[str, bool]] = []
        self.torn: list[str] = []
        self.kept: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            holds = tag in WHOLE or "unbroken" in (dict(attrs).get("class") or "").split()
            self.within.append((tag, holds))

    def handle_endtag(self, tag: str) -> None:
        while tag in (each for each, _ in self.within) and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        (self.kept if any(holds for _, holds in self.within) else self.torn).extend(DATE.findall(data))


@pytest.mark.django_db
def test_no_page_breaks_a_date() -> None:
    found, kept = {}, set()
    with clock.stopped_at(NOW), override("en"):
        company = crowd.founded("kuura.test", NOW)
        company.company.language = "sv"
        company.company.save()
        crowd.grow(company, NOW, people=2, projects=1, activities=120, days=(7, 8))
        client = Client()
        client.force_login(company.boss)
        for address in addresses.every(crowd.arguments(company), crowd.words(company, NOW.date())):
            answer = client.get(address.path)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                dates = Dates()
                dates.feed(answer.content.decode())
                if dates.torn:
                    found[address.path] = dates.torn
                if dates.kept:
                    kept.add(address.name)
    assert found == {}
    assert {"activities", "calendar-sync", "calendar-sync-history", "project", "activity"} <= kept


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("sedan 2026-10-19", 'sedan <span class="unbroken">2026-10-19</span>'),
        ("2026-10-19 10:00–11:00", '<span class="unbroken">2026-10-19 10:00</span>–11:00'),
        ("<b>12 Oct</b>", "&lt;b&gt;12 Oct&lt;/b&gt;"),
        (None, ""),
    ],
)
def test_what_is_not_broken_is_escaped_all_the_same(text: str | None, drawn: str) -> None:
    assert unbroken(text) == drawn
