"""Microsoft's own schemas, where a folder of them is at hand: what they do not allow is refused, and never answered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lxml import etree

from .soap import E, Element, M, S, T

#: Names a folder that holds `2013_SP1` and `2016`, each with `messages.xsd` beside its `types.xsd`.
VARIABLE = "EXCHANGE_SIMULATOR_SCHEMAS"
#: Which of them a server is held to; there is none for those that are older.
_OLDEST, _NEWEST = "2013_SP1", "2016"
_LONGEST = 400
#: What XML forbids and Exchange sends all the same.
_FORBIDDEN = re.compile(rb"&#x(?:[0-8BCEF]|1[0-9A-F]|D[89A-F][0-9A-F]{2}|FFF[EF]);")


class Schema:
    """One version of the schemas."""

    def __init__(self, file: Path) -> None:
        self._schema = etree.XMLSchema(etree.parse(file))

    def wrong_in(self, envelope: Element) -> str | None:
        """What is not allowed in a request or an answer; None if there is nothing."""
        for part in _parts(envelope):
            if not self._schema.validate(part):
                return str(self._schema.error_log.last_error)[:_LONGEST]
        return None

    def wrong_in_answer(self, body: bytes) -> str | None:
        """The same of an answer as it goes out."""
        return self.wrong_in(etree.fromstring(_FORBIDDEN.sub(b"", body)))


def at_hand(version: str) -> Schema | None:
    """The schema to which a server of that version is held; None where no folder is named."""
    folder = os.environ.get(VARIABLE)
    name = _OLDEST if version in ("2007", "2010", "2013") else _NEWEST
    return _loaded(Path(folder) / name / "messages.xsd") if folder else None


@cache
def _loaded(file: Path) -> Schema:
    return Schema(file)


def _parts(envelope: Element) -> Iterator[Element]:
    """What the schemas speak of: headers and the operation or its answer; of a fault its code."""
    for each in envelope.iterfind(f"{{{S}}}Header/*"):
        if each.tag != f"{{{T}}}RequestServerVersion":  # each schema allows but its own
            yield each
    for each in envelope.iterfind(f"{{{S}}}Body/*"):
        yield each if each.tag != f"{{{S}}}Fault" else _as_message(each)


def _as_message(fault: Element) -> Element:
    """A message with the code of a fault, in whose own schema there is nothing to read."""
    code = fault.findtext(f"detail/{{{E}}}ResponseCode")
    inside = f'<m:GetItemResponseMessage ResponseClass="Error"><m:ResponseCode>{code}</m:ResponseCode><m:Items/>'
    messages = f"<m:ResponseMessages>{inside}</m:GetItemResponseMessage></m:ResponseMessages>"
    return etree.fromstring(f'<m:GetItemResponse xmlns:m="{M}">{messages}</m:GetItemResponse>')
