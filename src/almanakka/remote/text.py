"""HTML bodies as plain text, for servers that send markup where text was asked for (facts: graph §7.22)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from almanakka.sync.fields import paragraphs

_BLOCK = re.compile(
    "address|article|aside|blockquote|body|d[dlt]|div|fieldset|footer|form|h[1-6]|header|hr|html|li|main|nav|[ou]l|p|pre|"
    "section|table|tr"
)
_SILENT = frozenset({"script", "style", "title", "template"})
#: Nothing in them is markup, until they end.
_RAW = frozenset({"script", "style"})
_SPACES = re.compile(r"\s+")
_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_MARK = re.compile(r"<[A-Za-z/!?]")
_TAG_ENDS = re.compile(r">|=\s*([\"'])")
# No character has a number this long, and Python refuses to read one of thousands of digits.
_HUGE_REFERENCE = re.compile(r"&#[0-9]{9,};?")


def from_html(value: str) -> str:
    """Return the text of an HTML body, line by line as a reader sees it.

    Takes anything for HTML, as browsers do, in time that grows with the length only: ``html.parser`` needs minutes for
    some kilobytes of unfinished tags, and raises for ``<![x[``, which Word writes.
    """
    reader = _Reader()
    for token, name in _tokens(value):
        if not name:
            reader.text(_characters(token))
        elif token.startswith("</"):
            reader.end(name)
        else:
            reader.start(name)
    return paragraphs("".join(reader.parts))


def _characters(text: str) -> str:
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """Yield the texts, without a name, and the tags, with theirs; comments and declarations are left out."""
    place, last, quotes = 0, value.rfind(">"), True
    while (found := _MARK.search(value, place)) is not None and found.start() < last:
        begin = found.start()
        if begin > place:
            yield value[place:begin], ""
        named = _NAME.match(value, begin)
        if named is None:
            place = _after_comment(value, begin)
            continue
        end = _after_tag(value, named.end()) if quotes else None
        if end is None:  # somebody forgot to end a quotation, and nobody will
            quotes, end = False, value.find(">", named.end()) + 1
        name, opening = named[1].lower(), value[begin + 1] != "/"
        yield value[begin : begin + 2], name
        if opening and value[end - 2] == "/":
            yield "</", name
        elif opening and name in _RAW:
            end = _after_raw(value, end, name)
        place = end
    if place < len(value):
        yield value[place:], ""


def _after_comment(value: str, begin: int) -> int:
    """Return where a comment, a declaration or an instruction ends; one that nobody ends takes all the rest."""
    ends = "-->" if value.startswith("<!--", begin) else ">"
    end = value.find(ends, begin + 2)
    return len(value) if end < 0 else end + len(ends)


def _after_tag(value: str, place: int) -> int | None:
    """Return where a tag ends: after the next ``>`` that is in no quoted value; None where there is none."""
    while (found := _TAG_ENDS.search(value, place)) is not None:
        if found[1] is None:
            return found.end()
        place = value.find(found[1], found.end()) + 1
        if not place:
            return None
    return None


def _after_raw(value: str, place: int, name: str) -> int:
    found = re.compile(rf"</{name}", re.IGNORECASE).search(value, place)
    return len(value) if found is None else found.start()


class _Reader:
    """Collects what a reader sees."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._silent = 0
        self._verbatim = 0

    def start(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif _BLOCK.fullmatch(tag):
            self._end_line()
            self._verbatim += tag == "pre"
        elif tag in {"td", "th"}:
            self._write(" ")

    def end(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif _BLOCK.fullmatch(tag):
            self._end_line()
            self._verbatim = max(0, self._verbatim - (tag == "pre"))

    def text(self, data: str) -> None:
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
