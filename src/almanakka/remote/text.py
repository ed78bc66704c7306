"""HTML bodies as plain text, for servers that send markup where text was asked for (facts: graph §7.22)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from almanakka.sync.fields import paragraphs

_BLOCK = re.compile(
    "address|article|aside|blockquote|body|d[dlt]|div|fieldset|footer|form|h[1-6]|header|hr|html|li|main|nav|[ou]l|p|pre|"
    "section|table|tr"
)
_SILENT = frozenset({"script", "style", "title", "template"})
_SPACES = re.compile(r"\s+")


def from_html(value: str) -> str:
    """Return the text of an HTML body, line by line as a reader sees it."""
    reader = _Reader()
    reader.feed(value)
    reader.close()
    return paragraphs("".join(reader.parts))


class _Reader(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif _BLOCK.fullmatch(tag):
            self._end_line()
            self._verbatim += tag == "pre"
        elif tag in {"td", "th"}:
            self._write(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif _BLOCK.fullmatch(tag):
            self._end_line()
            self._verbatim = max(0, self._verbatim - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._verbatim:
            self.parts.append(data)
        else:
            self._write(_SPACES.sub(" ", data))

    def _write(self, text: str) -> None:
        if not self.parts or self.parts[-1].endswith(("\n", " ")):
            text = text.removeprefix(" ")
        if text:
            self.parts.append(text)

    def _end_line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
