"""Microsoft's own schemas of Exchange Web Services, where they are beside the tree, and what 2007 does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from almanakka.remote.ews import soap
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import SOAP, TYPES

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "ews-schema"
VERSIONS = ("2013_SP1", "2016")
needed = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the schemas of ../shared/data are not here")

_NOT_IN_2007 = ("StartTimeZone", "EndTimeZone", "TimeZoneContext", "SmtpAddress", "FirstDayOfWeek")


@cache
def schema(version: str) -> etree.XMLSchema:
    """Return the schema of messages, its types included."""
    return etree.XMLSchema(etree.parse(SCHEMAS / version / "messages.xsd"))


def check(request: bytes, dialect: Dialect) -> None:
    """Assert that a request is one that its servers' schemas allow."""
    root = etree.fromstring(request)
    parts = [*root.find(f"{{{SOAP}}}Body"), *root.find(f"{{{SOAP}}}Header")]
    parts = [part for part in parts if part.tag != f"{{{TYPES}}}RequestServerVersion"]  # each allows but its own
    if SCHEMAS.is_dir():
        for version in VERSIONS:
            for part in parts:
                schema(version).assertValid(part)
    if dialect is Dialect.EXCHANGE_2007:
        found = {name for name in _NOT_IN_2007 if next(root.iter(f"{{{TYPES}}}{name}"), None) is not None}
        assert not found
        for zone in root.iter(f"{{{TYPES}}}MeetingTimeZone"):
            assert set(zone.attrib) == {"TimeZoneName"}
        assert "WorkingElsewhere" not in request.decode()


@contextmanager
def checked() -> Iterator[list[str]]:
    """Check every request that the product makes while the block lasts; what is wrong is told in the list."""
    wrong: list[str] = []
    make = soap.envelope

    def envelope(operation: str, dialect: Dialect, mailbox: str | None) -> bytes:
        request = make(operation, dialect, mailbox)
        try:
            check(request, dialect)
        except (AssertionError, etree.DocumentInvalid) as error:
            wrong.append(f"{error}: {operation[:500]}")
        return request

    soap.envelope = envelope
    try:
        yield wrong
    finally:
        soap.envelope = make
