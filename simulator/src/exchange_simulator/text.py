"""Bodies: text is kept as HTML, as Exchange does, and turned back when asked for."""

from __future__ import annotations

import html
import re
from functools import lru_cache

_HEAD = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    "{extra}</head>\r\n<body>\r\n{content}\r\n</body>\r\n</html>\r\n"
)
_FROM_TEXT = (
    "<!-- converted from text -->\r\n<style><!-- .EmailQuote { margin-left: 1pt; padding-left: 4pt; "
    "border-left: #800000 2px solid; } --></style>"
)
_PLAIN = '<font size="2"><span style="font-size:11pt;"><div class="PlainText">{text}</div></span></font>'

_DROPPED = re.compile(r"<!--.*?-->|<(style|script|head|title)\b.*?</\1\s*>", re.S | re.I)
_BREAK = re.compile(r"[ \t]*<br\s*/?>\s*|</(?:p|div|tr|li|h[1-6])\s*>\s*", re.I)
_ITEM = re.compile(r"<li\b[^>]*>", re.I)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"[ \t\r\n]+")


def text_to_html(text: str) -> str:
    """What Exchange stores for a body written as text."""
    if not text:
        return ""
    lines = html.escape(text, quote=False).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    content = "<br>\r\n".join(re.sub(r"  ", "&nbsp; ", line) for line in lines)
    return _HEAD.format(extra=_FROM_TEXT, content=_PLAIN.format(text=content))


def store_html(markup: str) -> str:
    """What Exchange stores for a body written as HTML: a whole document."""
    if not markup or "<html" in markup[:500].lower():
        return markup
    return _HEAD.format(extra="", content=markup)


@lru_cache(maxsize=100_000)
def html_to_text(markup: str) -> str:
    """The body as text, with CRLF line ends and one at the end, the way Exchange converts it."""
    if not markup:
        return ""
    bare = _SPACE.sub(" ", _BREAK.sub("\x00", _DROPPED.sub("", markup)))
    bare = html.unescape(_TAG.sub("", _ITEM.sub("* ", bare)))
    lines = [line.strip(" ").replace("\xa0", " ") for line in bare.split("\x00")]
    while lines and not lines[-1]:
        lines.pop()
    return "\r\n".join(lines) + "\r\n" if lines else ""


def preview(markup: str) -> str:
    """The first 255 characters as text."""
    return html_to_text(markup)[:255].rstrip("\r\n")


def join_url(uid: str) -> str:
    """Where the online meeting of an event is joined."""
    return f"https://teams.microsoft.com/l/meetup-join/{uid[-32:]}"


def with_join_link(markup: str, uid: str) -> str:
    """A body with the block by which Exchange knows an online meeting again."""
    block = f'<div class="me-email-text"><a href="{join_url(uid)}">Join the meeting now</a></div>'
    document = store_html(markup or "<p></p>")
    head, found, tail = document.rpartition("</body>")
    return f"{head}{block}{found}{tail}" if found else document + block
