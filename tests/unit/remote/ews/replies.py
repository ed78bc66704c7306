"""Answers of a server, put together by hand."""

from __future__ import annotations

from almanakka.remote.ews.markup import MESSAGES, SOAP, TYPES


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
