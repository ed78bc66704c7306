"""Envelopes out, messages in: the frame around every operation of Exchange Web Services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import ERRORS, MESSAGES, SOAP, TYPES, Element, m, t, text
from almanakka.sync.errors import Unreachable

_FAULT = f"{{{SOAP}}}Fault"
_BODY = f"{{{SOAP}}}Body"
_ERROR_CODE = f"{{{ERRORS}}}ResponseCode"
_UTC = '<t:TimeZoneContext><t:TimeZoneDefinition Id="UTC"/></t:TimeZoneContext>'


@dataclass(frozen=True, slots=True)
class Message:
    """The answer to one part of an operation: each item of a batch has its own.

    ``code`` is EWS's, ``NoError`` where it went well; ``pause`` the seconds that the server asks us to wait.
    """

    code: str
    element: Element
    detail: str = ""
    pause: float | None = None

    @property
    def ok(self) -> bool:
        return self.code == "NoError"


def envelope(operation: str, dialect: Dialect, mailbox: str | None) -> bytes:
    """Return a request. ``mailbox`` is the address of the person to impersonate, None for the account itself.

    Times in answers come in UTC, where the server can be asked to.
    """
    header = f'<t:RequestServerVersion Version="{dialect.value}"/>'
    if mailbox is not None:
        name = "SmtpAddress" if dialect.knows_zones else "PrimarySmtpAddress"
        who = f"<t:{name}>{text(mailbox)}</t:{name}>"
        header += f"<t:ExchangeImpersonation><t:ConnectingSID>{who}</t:ConnectingSID></t:ExchangeImpersonation>"
    if dialect.knows_zones:
        header += _UTC
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
        f"<s:Header>{header}</s:Header><s:Body>{operation}</s:Body></s:Envelope>"
    ).encode()


def messages(root: Element) -> list[Message]:
    """Return the messages of an answer, in the order of what was asked; a fault is one message.

    Raises Unreachable for what is no answer of Exchange's.
    """
    fault = next(root.iter(_FAULT), None)
    if fault is not None:
        return [_fault(fault)]
    held = next(root.iter(m("ResponseMessages")), None)
    if held is not None and len(held):
        return [_message(each) for each in held]
    # a few operations answer without the list (GetServerTimeZones of some servers, faults of proxies)
    body = root.find(_BODY)
    single = next(iter(body), None) if body is not None else None
    if single is None or single.find(m("ResponseCode")) is None:
        raise Unreachable("the answer is none of Exchange's")
    return [_message(single)]


def _message(element: Element) -> Message:
    if element.get("ResponseClass") == "Success":
        return Message("NoError", element)
    code = (element.findtext(m("ResponseCode")) or "").strip()
    return Message(
        code or "ErrorInternalServerError", element, _detail(element.findtext(m("MessageText"))), _pause(element)
    )


def _fault(element: Element) -> Message:
    """A fault names its code in its detail, or only as ``a:ErrorServerBusy`` in faultcode."""
    code = next((each.text for each in element.iter(_ERROR_CODE) if each.text), None)
    if code is None:
        code = (element.findtext("faultcode") or "").rpartition(":")[2]
    if not code.startswith("Error"):
        code = "ErrorInternalServerError"
    return Message(code.strip(), element, _detail(element.findtext("faultstring")), _pause(element))


def _pause(element: Element) -> float | None:
    """Return BackOffMilliseconds in seconds; it may be 0, and comes with errors of several kinds (facts: ews §2.3)."""
    for value in _values(element):
        if value.get("Name") == "BackOffMilliseconds":
            try:
                return max(float(value.text or ""), 0.0) / 1000
            except ValueError:
                return None
    return None


def _values(element: Element) -> Iterator[Element]:
    for held in element.iter(m("MessageXml"), t("MessageXml")):
        yield from held.iter(t("Value"))


def _detail(said: str | None) -> str:
    """Return what the server says, shortened: it names policies and accounts, never an entry."""
    return " ".join((said or "").split())[:300]
