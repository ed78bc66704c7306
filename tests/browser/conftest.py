"""A browser, and pages that tell when something in them goes wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils.translation import override
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from almanakka.remote import sessions
from exchange_simulator import RunningSimulator, World, running

from . import chromium

#: What the browser itself says of a page that was answered with an error on purpose.
EXPECTED = "Failed to load resource"
#: How long a page may take on a busy machine, in milliseconds.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """A browser for one file: the tests of the next may want an event loop of their own.

    The database is made before, for its connection has to be found again without the browser's loop.
    """
    lacking = chromium.missing()
    if lacking and not chromium.is_needed():
        pytest.skip(lacking)
    assert not lacking, lacking
    expect.set_options(timeout=PATIENCE)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; nothing of ours is in it
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.FLAGS))
        connections.close_all()  # once the loop has ended, nobody finds those that this thread opened beside it
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a window; whatever its pages complain of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_window(**options: Any) -> Page:
        context = browser.new_context(**{"ignore_https_errors": True, "locale": "en", **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", heard)
        return page

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(f"{page_of(message)}: {message.text}")

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def page_of(message: ConsoleMessage) -> str:
    return message.page.url if message.page is not None else "?"


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _connections_end_with_their_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser keeps its connections open, and so the server's threads, whose own to the database would outlive."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield
    sessions.close()
