"""`make screenshots`: photograph every page, in every language, light and dark, wide and narrow, into screenshots/."""

from __future__ import annotations

import argparse
import base64
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from almanakka.demo import place
from browser import chromium

from . import views
from .views import LANGUAGES, VIEWS, View

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
MARGIN = 20
#: What is enough to look through everything once.
QUICK = (("light", "desktop"), ("dark", "phone"))


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A photograph needs no line for each request."""


def main(argv: Sequence[str]) -> int:
    """Make the pictures; return 1 if one is missing or of a page that is no longer there."""
    options = _options(argv)
    with place.prepared(None):
        if options.check:
            return _check()
        lacking = chromium.missing()
        if lacking:
            print(f"screenshots: {lacking}", file=sys.stderr)
            return 1
        _make(options)
        return _check()


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PAGE", help="which pages (all): " + ", ".join(_names()))
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this one")
    parser.add_argument("--keep", action="store_true", help="only those that README and the guides show, and anew")
    parser.add_argument("--quick", action="store_true", help="light on a desktop and dark on a phone, nothing else")
    parser.add_argument("--check", action="store_true", help="only say whether the kept ones are of pages that exist")
    return parser.parse_args(argv)


def _names() -> list[str]:
    return [view.name for view in VIEWS]


def _check() -> int:
    from . import kept

    found = list(kept.faults())
    for fault in found:
        print(f"screenshots: {fault}", file=sys.stderr)
    return 1 if found else 0


def _make(options: argparse.Namespace) -> None:
    from . import office

    kept = [view for view in VIEWS if view.guide or view.readme or not options.keep]
    chosen = [view for view in kept if not options.names or view.name in options.names]
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop is in this thread; nothing of ours is in it
    logging.disable(logging.WARNING)
    with office.stopped(), _served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.FLAGS))
        for language in options.language or LANGUAGES:
            house = office.founded(language)
            with Console(stderr=True).status(f"photographing in {language}"):
                _photograph(browser, url, language, house, chosen, options.keep, options.quick)
        browser.close()


@contextmanager
def _served() -> Iterator[str]:
    from almanakka.wsgi import application

    with make_server("127.0.0.1", 0, application, _Server, _Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _photograph(
    browser: Browser, url: str, language: str, house: Any, chosen: list[View], keep: bool, quick: bool
) -> None:
    from . import office

    for theme in ("light", "dark"):
        for device, options in DEVICES.items():
            if (quick and (theme, device) not in QUICK) or (keep and (theme, device) != QUICK[0]):
                continue
            for who in dict.fromkeys(view.who for view in chosen):
                context = browser.new_context(locale=language, color_scheme=theme, reduced_motion="reduce", **options)
                page = context.new_page()
                page.clock.set_fixed_time(office.NOW)
                if who != views.STRANGER:
                    _sign_in(page, url, getattr(house, who).email)
                for view in chosen:
                    if view.who == who:
                        until = "networkidle" if view.address == "calendar" else "load"
                        page.goto(url + _path(view, house), wait_until=until)
                        page.screenshot(
                            path=FOLDER / language / f"{view.name}-{theme}-{device}.png",
                            full_page=True,
                            animations="disabled",
                        )
                        if keep:
                            _keep(page, view, language)
                context.close()


def _sign_in(page: Page, url: str, address: str) -> None:
    from .office import PASSWORD

    page.goto(f"{url}/accounts/login/")
    page.locator("[name=login]").fill(address)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main [type=submit]").first.click()
    page.wait_for_url(f"{url}/")


def _path(view: View, house: Any) -> str:
    from django.urls import get_resolver, reverse

    needed = get_resolver().reverse_dict.getlist(view.address)[0][0][0][1]
    series = house.series if view.name.startswith("series") else house.meeting
    known = {"activity_id": series.pk, "type_id": house.kind.pk, "project_id": house.series.project_id}
    path = reverse(view.address, kwargs={name: known[name] for name in needed})
    day: date = house.series.start.date()
    query = view.query.format(aino=house.aino.pk, eero=house.eero.pk, day=day)
    return f"{path}?{query}" if query else path


def _keep(page: Page, view: View, language: str) -> None:
    """Store what README and the guides show of a page, as small as it can be read."""
    from . import kept

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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
