"""Requests taken apart and answers put together, in SOAP 1.1 as Exchange writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from .servers import VERSIONS, ExchangeServer

Element = etree._Element

S = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
E = "http://schemas.microsoft.com/exchange/services/2006/errors"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Fault(Exception):
    """The whole request fails: EWS's code, a text, values such as BackOffMilliseconds, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 500, **values: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.values = values


class Failure(Exception):
    """One item of a request fails."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message or code


@dataclass
class Request:
    """One operation: its envelope and its element, the schema version, and whom to act for."""

    envelope: Element
    operation: Element
    schema: str
    impersonated: str | None = None
    names: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return local(self.operation)


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def t(name: str) -> str:
    return f"{{{T}}}{name}"


def m(name: str) -> str:
    return f"{{{M}}}{name}"


def read(body: bytes) -> Request:
    """Take a request apart. Raises `Fault` for what is no envelope."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Fault("ErrorInvalidRequest", "The request is invalid: it is no XML.") from None
    held = root.find(f"{{{S}}}Body")
    operation = next(iter(held), None) if held is not None else None
    if root.tag != f"{{{S}}}Envelope" or operation is None:
        raise Fault("ErrorInvalidRequest", "The request is invalid: it has no body.")
    header = root.find(f"{{{S}}}Header")
    schema, who = "Exchange2007_SP1", None
    if header is not None:
        wanted = header.find(t("RequestServerVersion"))
        schema = wanted.get("Version", schema) if wanted is not None else schema
        sid = header.find(f"{t('ExchangeImpersonation')}/{t('ConnectingSID')}")
        who = next((each.text or "" for each in sid), "") if sid is not None else None
    names = {local(each) for each in root.iter() if isinstance(each.tag, str)}
    return Request(root, operation, schema, who, names)


def answer(server: ExchangeServer, schema: str, content: str) -> bytes:
    """The envelope around an answer."""
    major, minor, build, revision = VERSIONS[server.version]
    info = (
        f'<h:ServerVersionInfo MajorVersion="{major}" MinorVersion="{minor}" MajorBuildNumber="{build}" '
        f'MinorBuildNumber="{revision}" Version={quoteattr(schema)} xmlns:h="{T}"/>'
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{S}"><s:Header>{info}</s:Header>'
        f'<s:Body xmlns:m="{M}" xmlns:t="{T}">{content}</s:Body></s:Envelope>'
    ).encode("utf-8", "xmlcharrefreplace")


def fault(server: ExchangeServer, error: Fault) -> bytes:
    """The envelope of a fault; some real ones say no version of themselves, these do."""
    values = "".join(f'<t:Value Name="{name}">{escape(text)}</t:Value>' for name, text in error.values.items())
    xml = f"<t:MessageXml>{values}</t:MessageXml>" if values else ""
    content = (
        f'<s:Fault><faultcode xmlns:a="{T}">a:{error.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{escape(error.message)}</faultstring><detail>'
        f'<e:ResponseCode xmlns:e="{E}">{error.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{E}">{escape(error.message)}</e:Message>{xml}</detail></s:Fault>'
    )
    return answer(server, "V2017_07_11" if VERSIONS[server.version][0] >= 15 else "Exchange2010_SP2", content)


def success(operation: str, content: str = "") -> str:
    """The message of one item that went well."""
    name = f"m:{operation}ResponseMessage"
    return f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{content}</{name}>'


def failure(operation: str, error: Failure, content: str = "") -> str:
    """The message of one item that did not."""
    name = f"m:{operation}ResponseMessage"
    return (
        f'<{name} ResponseClass="Error"><m:MessageText>{text(error.message)}</m:MessageText>'
        f"<m:ResponseCode>{error.code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{content}</{name}>"
    )


def warning(operation: str, error: Failure, content: str) -> str:
    """The message of one that went well, but for something that the client may want to know."""
    name = f"m:{operation}ResponseMessage"
    return (
        f'<{name} ResponseClass="Warning"><m:MessageText>{text(error.message)}</m:MessageText>'
        f"<m:ResponseCode>{error.code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{content}</{name}>"
    )


def response(operation: str, messages: list[str]) -> str:
    """An answer with its messages."""
    inside = "".join(messages)
    return f"<m:{operation}Response><m:ResponseMessages>{inside}</m:ResponseMessages></m:{operation}Response>"


def text(value: str) -> str:
    """Text as Exchange writes it: what XML forbids goes out as a reference all the same (ews-java-api #156)."""
    return _FORBIDDEN.sub(lambda found: f"&#x{ord(found.group()):X};", escape(value))


def element(name: str, value: str) -> str:
    """A type's element with a text."""
    return f"<t:{name}>{text(value)}</t:{name}>"
