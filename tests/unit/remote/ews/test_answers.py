"""What servers answer: versions, faults, and every code of the table as one of the few errors (S11, B11)."""

from __future__ import annotations

import pytest
from lxml import etree

from almanakka.remote.ews import soap
from almanakka.remote.ews.dialect import Dialect, ServerVersion, version_in
from almanakka.remote.ews.markup import ERRORS, SOAP, TYPES, parse
from almanakka.remote.ews.refusals import CURSOR_LOST, DENIED, LATER, NEIGHBOUR, NO_MAILBOX, OUR_FAULT, STALE, refusal
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
from contract import ews_schema

from .replies import answer, failure, success


def error(code: str, more: str = "") -> CalendarError:
    (message,) = soap.messages(parse(answer(failure(code, more))))
    return refusal(message)


@pytest.mark.parametrize(
    ("version", "name", "dialect"),
    [
        ((8, 1), "2007", Dialect.EXCHANGE_2007),
        ((14, 2), "2010", Dialect.EXCHANGE_2010),
        ((15, 0), "2013", Dialect.EXCHANGE_2013),
        ((15, 1), "2016", Dialect.EXCHANGE_2013),
        ((15, 2), "2019 or SE", Dialect.EXCHANGE_2013),
        ((16, 0), "2019 or SE", Dialect.EXCHANGE_2013),
    ],
)
def test_the_version_is_what_the_server_says(version: tuple[int, int], name: str, dialect: Dialect) -> None:
    found = version_in(parse(answer(success(""), version=version)))
    assert found is not None
    if version != (16, 0):
        assert found.name == name
    assert found.dialect is dialect


def test_a_server_may_say_nothing_of_itself() -> None:
    assert version_in(parse(answer(success(""), version=None))) is None
    assert version_in(parse(answer(success(""), version=(0, 0)))) is None
    assert ServerVersion(15, 1, 2507).build == 2507


def test_each_item_of_a_batch_has_its_own_message() -> None:
    codes = [each.code for each in soap.messages(parse(answer(success(""), failure("ErrorItemNotFound"), success(""))))]
    assert codes == ["NoError", "ErrorItemNotFound", "NoError"]


def fault(code: str, detail: str = "", faultcode: str = "s:Server") -> soap.Message:
    held = f'<e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>' if code else ""
    text = (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{TYPES}"><s:Body><s:Fault><faultcode>{faultcode}</faultcode>'
        f"<faultstring>Busy.</faultstring><detail>{held}{detail}</detail></s:Fault></s:Body></s:Envelope>"
    )
    (message,) = soap.messages(parse(text.encode()))
    return message


def test_a_fault_is_a_message_too() -> None:
    wait = '<t:MessageXml><t:Value Name="BackOffMilliseconds">297749</t:Value></t:MessageXml>'
    found = refusal(fault("ErrorServerBusy", wait))
    assert isinstance(found, Throttled)
    assert found.retry_after == pytest.approx(297.749)
    assert fault("", faultcode="a:ErrorSchemaValidation").code == "ErrorSchemaValidation"
    assert isinstance(refusal(fault("")), Unreachable)


@pytest.mark.parametrize("wait", ["0", "-5", "soon", ""])
def test_a_server_that_asks_for_no_pause_gets_one(wait: str) -> None:
    more = f'<m:MessageXml><t:Value Name="BackOffMilliseconds">{wait}</t:Value></m:MessageXml>'
    found = error("ErrorServerBusy", more)
    assert isinstance(found, Throttled)
    assert found.retry_after == 5.0


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("ErrorServerBusy", Throttled, "throttled"),
        ("ErrorExceededConnectionCount", Throttled, "throttled"),
        ("ErrorTooManyObjectsOpened", Throttled, "throttled"),
        ("ErrorTimeoutExpired", Throttled, "timed_out"),
        ("ErrorBatchProcessingStopped", Throttled, "timed_out"),
        ("ErrorInternalServerTransientError", Throttled, "server_trouble"),
        ("ErrorADUnavailable", Throttled, "server_trouble"),
        ("ErrorConnectionFailed", Throttled, "server_trouble"),
        ("ErrorMailboxStoreUnavailable", Throttled, "mailbox_moving"),
        ("ErrorMailboxFailover", Throttled, "mailbox_moving"),
        ("ErrorMailboxMoveInProgress", Throttled, "mailbox_moving"),
        ("ErrorCrossSiteRequest", Throttled, "mailbox_moving"),
        ("ErrorInternalServerError", Unreachable, "unreachable"),
        ("ErrorInvalidSyncStateData", WatermarkLost, "watermark_lost"),
        ("ErrorSyncFolderNotFound", NotFound, "calendar_missing"),
        ("ErrorFolderNotFound", NotFound, "calendar_missing"),
        ("ErrorImpersonateUserDenied", Denied, "impersonation_denied"),
        ("ErrorImpersonationDenied", Denied, "impersonation_missing"),
        ("ErrorImpersonationFailed", Denied, "impersonation_missing"),
        ("ErrorMissingEmailAddress", Denied, "impersonation_missing"),
        ("ErrorNonExistentMailbox", NotFound, "mailbox_not_on_server"),
        ("ErrorAccountDisabled", Denied, "mailbox_disabled"),
        ("ErrorAccessDenied", Denied, "mailbox_denied"),
        ("ErrorQuotaExceeded", Invalid, "invalid"),
        ("ErrorIrresolvableConflict", Stale, "stale"),
        ("ErrorStaleObject", Stale, "stale"),
        ("ErrorChangeKeyRequiredForWriteOperations", Stale, "stale"),
        ("ErrorItemNotFound", NotFound, "not_found"),
        ("ErrorItemCorrupt", Invalid, "invalid"),
        ("ErrorCorruptData", Invalid, "invalid"),
        ("ErrorMimeContentConversionFailed", Invalid, "invalid"),
        ("ErrorCalendarEndDateIsEarlierThanStartDate", Invalid, "invalid"),
        ("ErrorCalendarDurationIsTooLong", Invalid, "invalid"),
        ("ErrorCalendarInvalidRecurrence", Invalid, "invalid"),
        ("ErrorRecurrenceHasNoOccurrence", Invalid, "invalid"),
        ("ErrorOccurrenceCrossingBoundary", Invalid, "invalid"),
        ("ErrorInvalidPropertySet", Invalid, "invalid"),
        ("ErrorCalendarIsNotOrganizer", Invalid, "invalid"),
        ("ErrorSchemaValidation", Invalid, "invalid"),
        ("ErrorInvalidRequest", Invalid, "invalid"),
        ("ErrorThatNobodyHasHeardOf", Invalid, "invalid"),
    ],
)
def test_every_code_of_the_table(code: str, kind: type[CalendarError], sentence: str) -> None:
    found = error(code)
    assert type(found) is kind
    assert found.code == sentence


@pytest.mark.parametrize("body", [b"", b"<html><body>Sign in</body></html>", b"not xml", b'{"a": 1}'])
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreachable):
        soap.messages(parse(body))


@ews_schema.needed
def test_every_code_that_is_told_apart_is_one_that_servers_know() -> None:
    codes = {*LATER, *DENIED, *NO_MAILBOX, "ErrorItemNotFound", *STALE, *CURSOR_LOST, *OUR_FAULT, NEIGHBOUR}
    for version in ews_schema.VERSIONS:
        for code in codes:
            message = etree.fromstring(answer(failure(code, "<m:Items/>")))[1][0]
            assert ews_schema.schema(version).validate(message), code
