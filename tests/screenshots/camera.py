"""What looks at the pages: a browser, and the product's own server at the moment of the photographs."""

from __future__ import annotations

import base64
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.translation import override
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from almanakka.accounts.models import User
from almanakka.calendars.models import Run
from almanakka.wsgi import application
from browser import chromium

from . import kept, office, said, views
from .office import Office
from .views import VIEWS, View

FOLDER = Path("screenshots")
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 1},
}
#: Draws a picture anew, not wider than asked for, as a small file; the browser has the codec.
SHRINK = """async ([data, widest]) => {
  const picture = new Image();
  picture.src = data;
  await picture.decode();
  const scale = Math.min(1, widest / picture.width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/webp", 0.82);
}"""
#: Where the lowest thing that is shown of a part of the page ends.
BOTTOM = "part => Math.max(...[...part.children].map(each => each.getBoundingClientRect().bottom))"
WIDEST, TALLEST = 1000, 1000
#: A picture of sentences is not longer than this, in pixels, where its parts are not.
LONGEST = 2400
MARGIN = 20
#: Fills a page with parts of others, opens what is folded, and tells where each part begins and ends.
HANG = """parts => {
  const shown = parts.map(text => Object.assign(document.createElement("div"), {innerHTML: text}));
  document.querySelector("main").replaceChildren(...shown);
  document.querySelectorAll("main details").forEach(each => each.open = true);
  return shown.map(each => each.getBoundingClientRect()).map(box => [box.top, box.bottom]);
}"""
#: Brings along the pictures of a page that a reader would have to scroll to.
ENOUGH = """async () => {
  const pictures = [...document.querySelectorAll("img[loading=lazy]")];
  pictures.forEach(each => each.loading = "eager");
  await Promise.all(pictures.map(each => each.decode().catch(() => {})));
}"""
#: What is enough to look through everything once.
QUICK = (("light", "desktop"), ("dark", "phone"))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A photograph needs no line for each request."""


def photograph(languages: Sequence[str], names: Sequence[str], *, keep: bool, quick: bool) -> None:
    """Make the pictures called ``names``, or all; ``keep``: those of README and the guides, and store them there."""
    shown = [view for view in VIEWS if view.guide or view.readme or not keep]
    chosen = [view for view in shown if not names or view.name in names]
    galleries = [name for name in said.GALLERIES if not keep and (not names or f"said-{name}" in names)]
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop is in this thread; nothing of ours is in it
    logging.disable(logging.WARNING)
    with office.stopped(), _served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.FLAGS))
        for language in languages:
            house = office.founded(language)
            with Console(stderr=True).status(f"photographing in {language}"):
                _photograph(browser, url, language, house, chosen, keep, quick)
                _show(browser, url, language, house, galleries, quick)
        browser.close()


def unknown(names: Sequence[str]) -> str:
    """Say which of ``names`` are of no picture, if any."""
    known = {view.name for view in VIEWS} | {f"said-{name}" for name in said.GALLERIES}
    wrong = sorted(set(names) - known)
    return f"there is no {', '.join(wrong)}; there are {', '.join(sorted(known))}" if wrong else ""


@contextmanager
def _served() -> Iterator[str]:
    with make_server("127.0.0.1", 0, application, _Server, _Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _photograph(
    browser: Browser, url: str, language: str, house: Office, chosen: list[View], keep: bool, quick: bool
) -> None:
    for theme, device in _ways(keep, quick):
        office.cleared(house)
        for who in dict.fromkeys(view.who for view in chosen):
            page = _window(browser, language, theme, device)
            for view in chosen:
                if view.who != who:
                    continue
                page.context.clear_cookies()
                if who != views.STRANGER:
                    _enter(page, url, getattr(house, who))
                if view.scene is not None:
                    view.scene(page, url, house)
                else:
                    until = "networkidle" if view.address == "calendar" else "load"
                    page.goto(url + _path(view, house), wait_until=until)  # type: ignore[arg-type]
                page.evaluate(ENOUGH)
                page.screenshot(
                    path=FOLDER / language / f"{view.name}-{theme}-{device}.png", full_page=True, animations="disabled"
                )
                if keep:
                    _keep(page, view, language)
            page.context.close()


def _show(browser: Browser, url: str, language: str, house: Office, names: list[str], quick: bool) -> None:
    """Photograph every sentence that a person can meet, in parts of pages one below the other."""
    visit = said.visit(house, language)
    with override(language):
        shown = {name: list(gallery(visit)) for name, gallery in said.GALLERIES.items() if name in names}
    for theme, device in _ways(False, quick):
        page = _window(browser, language, theme, device)
        _enter(page, url, house.eero)
        for name, parts in shown.items():
            page.goto(url)
            boxes = page.evaluate(HANG, parts)
            width = DEVICES[device]["viewport"]["width"]
            for number, (top, bottom) in enumerate(_pieces(boxes), start=1):
                page.screenshot(
                    path=FOLDER / language / f"said-{name}-{number}-{theme}-{device}.png",
                    full_page=True,
                    animations="disabled",
                    clip={"x": 0, "y": top, "width": width, "height": bottom - top},
                )
        page.context.close()


def _pieces(boxes: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Join boxes, each with its top and its bottom, into pieces that can be looked at."""
    first: float | None = None
    last = 0.0
    for top, bottom in boxes:
        if first is not None and bottom - first > LONGEST:
            yield first, last
            first = None
        first, last = top if first is None else first, bottom
    if first is not None:
        yield first, last


def _ways(keep: bool, quick: bool) -> Iterator[tuple[str, str]]:
    for theme in ("light", "dark"):
        for device in DEVICES:
            if not ((quick and (theme, device) not in QUICK) or (keep and (theme, device) != QUICK[0])):
                yield theme, device


def _window(browser: Browser, language: str, theme: str, device: str) -> Page:
    options: Any = {"locale": language, "color_scheme": theme, "reduced_motion": "reduce", **DEVICES[device]}
    page = browser.new_context(**options).new_page()
    page.clock.set_fixed_time(office.NOW)
    return page


def _enter(page: Page, url: str, user: User) -> None:
    """Sign in without the form, as somebody who has just entered their password."""
    client, request = Client(), HttpRequest()
    client.force_login(user, "almanakka.accounts.backend.Backend")
    request.session = client.session
    record_authentication(request, user, "password", reauthenticated=True)
    request.session.save()
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": str(request.session.session_key), "url": url}]
    )


def _path(view: View, house: Office) -> str:
    needed = get_resolver().reverse_dict.getlist(view.address)[0][0][0][1]
    series = house.series if view.name.startswith("series") else house.meeting
    known = {"activity_id": series.pk, "type_id": house.kind.pk, "project_id": house.series.project_id}
    path = reverse(view.address, kwargs={name: known[name] for name in needed})
    day: date = house.series.start.date()
    run = Run.objects.filter(mailbox__user=house.aino).latest("started_at").pk if "{run}" in view.query else 0
    query = view.query.format(aino=house.aino.pk, eero=house.eero.pk, day=day, run=run)
    return f"{path}?{query}" if query else path


def _keep(page: Page, view: View, language: str) -> None:
    """Store what README and the guides show of a page, as small as it can be read."""
    wanted = [kept.of_guide(view, language)] if view.guide else []
    if view.readme and language == "en":
        wanted.append(kept.of_readme(view))
    if not wanted:
        return
    box = page.locator(view.part).bounding_box()
    assert box is not None
    filled = page.locator(view.part).evaluate(BOTTOM)
    height = min(filled - box["y"] + MARGIN, TALLEST)
    clip = {**box, "height": height}
    taken = base64.b64encode(page.screenshot(full_page=True, clip=clip, animations="disabled")).decode()
    blank = page.context.new_page()
    small = blank.evaluate(SHRINK, [f"data:image/png;base64,{taken}", WIDEST])
    blank.close()
    for path in wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(small.partition(",")[2]))
