"""A calendar on an Exchange Server in the hands of exchangelib, a client that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import exchangelib
from exchangelib.folders import Calendar
from exchangelib.protocol import BaseProtocol
from requests.adapters import HTTPAdapter

from almanakka.remote.ews.client import ServerSettings

#: What tells nobody: exchangelib's own default tells everybody.
SILENTLY = {"send_meeting_invitations": "SendToNone"}


class Independent:
    """The calendar of the person at ``address``, opened by impersonation; ``zone`` (IANA) is where they live."""

    def __init__(self, settings: ServerSettings, address: str, zone: str, scheme: str) -> None:
        self.zone = exchangelib.EWSTimeZone(zone)
        configuration = exchangelib.Configuration(
            service_endpoint=settings.url,
            credentials=exchangelib.Credentials(settings.account, settings.password),
            auth_type=scheme,
            max_connections=2,
        )
        self.account = exchangelib.Account(
            address,
            config=configuration,
            autodiscover=False,
            access_type=exchangelib.IMPERSONATION,
            default_timezone=self.zone,
        )
        self.calendar: Calendar = self.account.calendar

    def item(self, id: str) -> exchangelib.CalendarItem:
        """One item, whole."""
        (found,) = self.account.fetch([(id, None)])
        assert isinstance(found, exchangelib.CalendarItem), found
        return found

    def at(self, day: date, hour: int, minute: int = 0) -> exchangelib.EWSDateTime:
        """A local time."""
        return exchangelib.EWSDateTime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)

    def wall(self, moment: datetime) -> str:
        """What their clock shows."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def put(self, **fields: Any) -> exchangelib.CalendarItem:
        """Make an item."""
        item = exchangelib.CalendarItem(folder=self.calendar, **fields)
        item.save(**SILENTLY)
        return item

    def put_on(self, day: date, first: int, last: int, **fields: Any) -> exchangelib.CalendarItem:
        """Make an item that begins and ends at full hours of one day."""
        return self.put(start=self.at(day, first), end=self.at(day, last), **fields)


def days(first: date, last: date) -> dict[str, Any]:
    """Whole days as exchangelib takes them, the last one included."""
    start, end = (exchangelib.EWSDate(day.year, day.month, day.day) for day in (first, last))
    return {"start": start, "end": end, "is_all_day": True}


def save(item: exchangelib.CalendarItem, *fields: str) -> None:
    """Write fields of an item, and tell nobody."""
    item.save(update_fields=list(fields), send_meeting_invitations="SendToNone")


@contextmanager
def independent(
    settings: ServerSettings, address: str, zone: str = "Europe/Helsinki", scheme: str = exchangelib.NTLM
) -> Iterator[Independent]:
    """Open a calendar over TLS by the simulator's own authority."""
    before = BaseProtocol.HTTP_ADAPTER_CLS
    BaseProtocol.HTTP_ADAPTER_CLS = _trusting(settings.verify)
    try:
        yield Independent(settings, address, zone, scheme)
    finally:
        exchangelib.close_connections()
        BaseProtocol.HTTP_ADAPTER_CLS = before


def _trusting(authority: str | None) -> type[HTTPAdapter]:
    class Trusting(HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> Any:
            return super().send(*arguments, **{**options, "verify": authority})

    return Trusting
