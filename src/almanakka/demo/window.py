"""A window into what surrounds the product in a demo: the mail it has sent, and everybody's calendar in Microsoft.

It is served beside the product, for whoever runs the demo, on this machine only; it changes nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes, policy
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from almanakka.demo.tenant import Control, TenantFailed

#: What Django puts between the letters of a file.
BETWEEN = b"-" * 79
LINK = re.compile(r"https?://[^\s<>\"]+")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
td,th{{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}
</style></head><body><nav><a href="/">Mail and calendars of the demo</a></nav><h1>{title}</h1>{content}</body></html>"""


class Window:
    """What the pages show: letters in ``folder``, and the calendars of ``addresses``."""

    def __init__(self, control: Control, folder: Path, addresses: Sequence[str]) -> None:
        self._control, self._folder, self._addresses = control, folder, tuple(addresses)
        self._one_at_a_time = threading.Lock()

    def page(self, path: str) -> str | None:
        """The page at ``path``, or None if there is none; raises TenantFailed."""
        if path == "/":
            return self._overview()
        address = unquote(path.removeprefix("/calendar/"))
        return self._calendar(address) if address in self._addresses else None

    def _overview(self) -> str:
        letters = "".join(_letter(text) for text in self._letters()) or "<p>None has been sent yet.</p>"
        people = "".join(f'<li><a href="/calendar/{quote(each)}">{escape(each)}</a></li>' for each in self._addresses)
        calendars = f"<h2>Calendars in the simulated Microsoft</h2><ul>{people}</ul>"
        return PAGE.format(title="Mail and calendars", content=f"{calendars}<h2>Mail, newest first</h2>{letters}")

    def _letters(self) -> Iterator[bytes]:
        """Yield every letter, the newest first."""
        for path in sorted(self._folder.glob("*.log"), key=lambda each: each.stat().st_mtime, reverse=True):
            yield from (part.strip() for part in path.read_bytes().split(BETWEEN) if part.strip())

    def _calendar(self, address: str) -> str:
        with self._one_at_a_time:
            events = self._control.dump(address)["events"]
        rows = "".join(map(_row, sorted(events, key=lambda event: str(event["start"]))))
        return PAGE.format(
            title=escape(address),
            content=f"<p>{len(events)} entries; load the page again to see what has changed.</p>"
            f"<table><thead><tr><th>Starts</th><th>Ends</th><th>Title</th></tr></thead><tbody>{rows}</tbody></table>",
        )


def _letter(text: bytes) -> str:
    letter = message_from_bytes(text, policy=policy.default)
    body = letter.get_body(("plain",))
    shown = escape(body.get_content() if body is not None else "")
    linked = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', shown)
    heading = f"To {escape(str(letter['To']))}: {escape(str(letter['Subject']))}"
    return f"<article><h3>{heading}</h3><pre>{linked}</pre></article>"


def _row(event: dict[str, Any]) -> str:
    when = [str(event[name])[: 10 if event["isAllDay"] else 16].replace("T", " ") for name in ("start", "end")]
    notes = [
        name for name, so in (("repeats", event["recurrence"]), ("private", event["sensitivity"] == "private")) if so
    ]
    said = f" <small>({', '.join(notes)})</small>" if notes else ""
    return f"<tr><td>{when[0]}</td><td>{when[1]}</td><td>{escape(str(event['subject']))}{said}</td></tr>"


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, window: Window, *arguments: Any) -> None:
        self._window = window
        super().__init__(*arguments)

    def do_GET(self) -> None:
        try:
            page = self._window.page(self.path.partition("?")[0])
        except TenantFailed as error:
            page = PAGE.format(title="It does not answer", content=f"<p>{escape(str(error))}</p>")
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write((page or PAGE.format(title="There is nothing here", content="")).encode())

    def log_message(self, format: str, *_arguments: Any) -> None:
        """Say nothing: people read the demo's own output."""


@contextmanager
def opened(window: Window) -> Iterator[str]:
    """Serve the pages for as long as the block lasts; yields their address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answers, window))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="window", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
