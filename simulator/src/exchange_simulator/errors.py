"""What Exchange refuses, with Graph's status and code."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer other than success: HTTP status, Graph error code, message, extra headers and members."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.extra = extra or {}


def invalid(message: str, code: str = "ErrorPropertyValidationFailure") -> Refusal:
    """400: a property of the body cannot be taken."""
    return Refusal(400, code, message)


def bad_request(message: str, code: str = "BadRequest") -> Refusal:
    """400: the request itself cannot be understood."""
    return Refusal(400, code, message)


def not_found() -> Refusal:
    """404: no such item in this mailbox."""
    return Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def unsupported_zone(name: str) -> Refusal:
    """400: the zone is unknown."""
    return Refusal(
        400,
        "TimeZoneNotSupportedException",
        f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
    )
