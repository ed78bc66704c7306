"""What an Exchange Server answers when it does not do what it was asked, as the few errors of the port.

The table of facts: ews §2.3. Every code is that of ``m:ResponseCode``.
"""

from __future__ import annotations

from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import (
    CalendarError,
    Denied,
    Invalid,
    NotFound,
    Stale,
    Throttled,
    Unreachable,
    WatermarkLost,
)

#: A server may ask for 0 milliseconds while it refuses everything; we wait at least so many seconds.
SHORTEST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
_WHILE_MOVING = 300.0

#: Come back later: the whole server, or this mailbox. The value is the sentence that people are shown.
LATER = {
    "ErrorServerBusy": "throttled",
    "ErrorExceededConnectionCount": "throttled",
    "ErrorTooManyObjectsOpened": "throttled",
    "ErrorExceededFindCountLimit": "throttled",
    "ErrorInsufficientResources": "throttled",
    "ErrorTimeoutExpired": "timed_out",
    "ErrorBatchProcessingStopped": "timed_out",
    "ErrorInternalServerTransientError": "server_trouble",
    "ErrorADUnavailable": "server_trouble",
    "ErrorADOperation": "server_trouble",
    "ErrorConnectionFailed": "server_trouble",
    "ErrorProxyCallFailed": "server_trouble",
    "ErrorProxyRequestNotAllowed": "server_trouble",
    "ErrorProxyRequestProcessingFailed": "server_trouble",
    "ErrorMailboxStoreUnavailable": "mailbox_moving",
    "ErrorMailboxFailover": "mailbox_moving",
    "ErrorMailboxMoveInProgress": "mailbox_moving",
    "ErrorCrossSiteRequest": "mailbox_moving",
}
DENIED = {
    "ErrorImpersonateUserDenied": "impersonation_denied",
    "ErrorImpersonationDenied": "impersonation_missing",
    "ErrorImpersonationFailed": "impersonation_missing",
    "ErrorAccessDenied": "mailbox_denied",
    "ErrorAccountDisabled": "mailbox_disabled",
    "ErrorMissingEmailAddress": "impersonation_missing",
}
NO_MAILBOX = {
    "ErrorNonExistentMailbox": "mailbox_not_on_server",
    "ErrorNoRespondingCASInDestinationSite": "mailbox_not_on_server",
    "ErrorMailboxConfiguration": "mailbox_not_on_server",
    "ErrorFolderNotFound": "calendar_missing",
    "ErrorSyncFolderNotFound": "calendar_missing",
}
#: What the server says of itself or of our account, whoever's mailbox was asked for.
EVERYWHERE = frozenset(
    {"ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorInsufficientResources"}
    | {"ErrorImpersonationDenied", "ErrorImpersonationFailed"}
)
STALE = frozenset({"ErrorIrresolvableConflict", "ErrorStaleObject", "ErrorChangeKeyRequiredForWriteOperations"})
CURSOR_LOST = frozenset({"ErrorInvalidSyncStateData"})
OUR_FAULT = frozenset({"ErrorSchemaValidation", "ErrorInvalidRequest", "ErrorIncorrectUpdatePropertyCount"})
NEIGHBOUR = "ErrorOccurrenceCrossingBoundary"


def refusal(message: Message) -> CalendarError:
    """Return the error that a message other than NoError means."""
    error = _refusal(message)
    error.everywhere = message.code in EVERYWHERE
    return error


def _refusal(message: Message) -> CalendarError:
    code = message.code
    if code in LATER:
        busy = Throttled(pause(message), _said(message), asked=bool(message.pause))
        busy.code = LATER[code]
        return busy
    if code in DENIED:
        return Denied(_said(message), DENIED[code])
    if code in NO_MAILBOX:
        return NotFound(_said(message), NO_MAILBOX[code])
    if code == "ErrorItemNotFound":
        return NotFound(code)
    if code in STALE:
        return Stale(code)
    if code in CURSOR_LOST:
        return WatermarkLost(code)
    if code == "ErrorInternalServerError" or not code.startswith("Error"):
        return Unreachable(_said(message))
    return Invalid(_reason(code), _said(message) if code in OUR_FAULT else code)


def pause(message: Message) -> float:
    """Return the seconds to wait before the mailbox is looked at again."""
    shortest = _WHILE_MOVING if LATER.get(message.code) == "mailbox_moving" else SHORTEST_PAUSE
    return min(max(message.pause or 0.0, shortest), LONGEST_PAUSE)


def _said(message: Message) -> str:
    return f"{message.code}: {message.detail}" if message.detail else message.code


def _reason(code: str) -> str:
    return "occurrence-crosses-neighbour" if code == NEIGHBOUR else code.lower()
