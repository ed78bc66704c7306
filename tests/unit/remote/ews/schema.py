"""Microsoft's own schemas of Exchange Web Services, where they are beside the tree, and what 2007 does not know."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import MESSAGES, SOAP, TYPES

SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "data" / "ews-schema"
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
    operation = root.find(f"{{{SOAP}}}Body")[0]
    if SCHEMAS.is_dir():
        for version in VERSIONS:
            schema(version).assertValid(_alone(operation))
    if dialect is Dialect.EXCHANGE_2007:
        found = {name for name in _NOT_IN_2007 if next(root.iter(f"{{{TYPES}}}{name}"), None) is not None}
        assert not found
        for zone in root.iter(f"{{{TYPES}}}MeetingTimeZone"):
            assert set(zone.attrib) == {"TimeZoneName"}
        assert "WorkingElsewhere" not in request.decode()


def _alone(operation: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(operation))


def answer(*messages: str, version: tuple[int, int] | None = (15, 1), operation: str = "GetItem") -> bytes:
    """Return a server's answer that holds ``messages``."""
    info = ""
    if version is not None:
        info = f'<h:ServerVersionInfo xmlns:h="{TYPES}" MajorVersion="{version[0]}" MinorVersion="{version[1]}"/>'
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"><s:Header>{info}</s:Header><s:Body>'
        f"<m:{operation}Response><m:ResponseMessages>{''.join(messages)}</m:ResponseMessages></m:{operation}Response>"
        "</s:Body></s:Envelope>"
    ).encode()


def success(inside: str, operation: str = "GetItem") -> str:
    """Return one message that says that all went well."""
    name = f"m:{operation}ResponseMessage"
    return f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{inside}</{name}>'


def failure(code: str, more: str = "", operation: str = "GetItem") -> str:
    """Return one message that says what went wrong."""
    name = f"m:{operation}ResponseMessage"
    said = f"<m:MessageText>Said.</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>{more}"
    return f'<{name} ResponseClass="Error">{said}</{name}>'
