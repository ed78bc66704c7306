"""XML as Exchange Servers speak it: what they send loosely is read all the same, what XML forbids is never sent."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from almanakka.sync.errors import Unreachable

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"

Element = etree._Element

#: XML 1.0 §2.2: what no document may contain, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,20})|([0-9]{1,20}));")


def text(value: str) -> str:
    """Return ``value`` as the text of an element; what XML forbids is left out."""
    return escape(_FORBIDDEN.sub("", value))


def attribute(value: str) -> str:
    """Return ``value`` as an attribute's value, its quotes included."""
    return quoteattr(_FORBIDDEN.sub("", value))


def parse(body: bytes) -> Element:
    """Return the root of a document. Forbidden characters, which Exchange sends as references, are dropped.

    Raises Unreachable for what is no XML, half a document above all: what is missing in it would count as empty.
    Nothing outside of the document is ever opened (facts: ews §6.17).
    """
    try:
        return etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError):
        pass
    cleaned = _FORBIDDEN.sub("", _REFERENCE.sub(_allowed, body).decode("utf-8", "replace"))
    try:
        return etree.fromstring(cleaned.encode(), _parser())
    except (etree.XMLSyntaxError, ValueError):
        raise Unreachable("the answer is no XML") from None


def t(name: str) -> str:
    """Return the qualified name of a type's element."""
    return f"{{{TYPES}}}{name}"


def m(name: str) -> str:
    """Return the qualified name of a message's element."""
    return f"{{{MESSAGES}}}{name}"


def _parser() -> etree.XMLParser:
    # a long body is no attack; entities are, and Exchange sends none
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True
    )


def _allowed(found: re.Match[bytes]) -> bytes:
    number = int(found[1], 16) if found[1] else int(found[2])
    try:
        forbidden = _FORBIDDEN.match(chr(number)) is not None
    except (ValueError, OverflowError):
        forbidden = True
    return b"" if forbidden else found[0]
