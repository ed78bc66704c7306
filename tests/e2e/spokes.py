"""What a history has to know of the Microsoft side: how a company is connected to it, and what can go wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from unittest.mock import patch

from almanakka.accounts.models import Company
from almanakka.activities.models import ActivityType
from almanakka.calendars.models import Connection, Kind
from almanakka.remote.ews import operations
from almanakka.remote.graph import delta
from almanakka.remote.graph import mailbox as graph_mailbox
from machine.company import Weather

from .company import Office, connected

#: The versions of Exchange Server that histories are lived on.
VERSIONS = ("2007", "2010", "2013", "2016", "2019")
_DELEGATE, _PASSWORD = "calsync", "s3cret-of-calsync"

Faults = Mapping[Weather, Sequence[dict[str, Any]]]


class Spoke(Protocol):
    """``faults``: what the simulator does in each weather, one of them at a time.

    ``looks_back``: how old what has changed may be for the feed to tell of it; None = however old.
    """

    faults: Faults
    looks_back: timedelta | None

    def connected(self, company: Company, office: Office, now: datetime, personal: ActivityType) -> Connection:
        """Connect a company of ours, and switch it on."""

    def id_of(self, event: Mapping[str, Any]) -> str:
        """The id by which the product knows an event of a dump."""

    def shown_as(self, word: str) -> str:
        """What time that is shown as ``word`` looks like to people of that side."""

    def small_pages(self, at: int) -> Any:
        """Ask for pages of one or two for as long as the block lasts."""


class Tenant:
    """Microsoft 365, through Graph."""

    looks_back: timedelta | None = delta.PAST
    faults: Faults = {
        Weather.ANSWER_LOST: (
            {"kind": "drop_after", "method": "POST", "path": "/events$"},
            {"kind": "drop_after", "method": "POST", "path": "batch"},
            {"kind": "drop_after", "method": "PATCH"},
            {"kind": "drop_after", "method": "DELETE"},
            {"kind": "timeout_after", "method": "POST|PATCH|DELETE"},
            {"kind": "malformed_json", "method": "POST|PATCH"},
        ),
        Weather.UNREACHABLE: (
            {"kind": "drop_before", "method": "POST|PATCH|DELETE"},
            {"kind": "unavailable", "path": "delta"},
            {"kind": "unavailable", "query": "skiptoken"},
            {"kind": "access_denied"},
            {"kind": "unauthorized"},
            {"kind": "server_error"},
            {"kind": "malformed_json"},
        ),
        Weather.THROTTLED: (
            {"kind": "throttled", "retry_after": 30},
            {"kind": "throttled", "batch": False},
            {"kind": "throttled", "batch": True, "count": 5},
        ),
        Weather.STALE: (
            {"kind": "conflict", "method": "PATCH|DELETE", "count": 2},
            {"kind": "not_persisted", "method": "PATCH"},
            {"kind": "ignored", "method": "PATCH"},
        ),
        Weather.WATERMARK_LOST: (
            {"kind": "sync_state_lost", "path": "delta"},
            {"kind": "same_page_forever", "path": "delta", "count": None},
        ),
        Weather.LATE: ({"kind": "rows_late", "path": "delta"},),
        Weather.FALSE_REMOVAL: (
            {"kind": "removed_out_of_window", "path": "delta"},
            {"kind": "removed_and_back", "path": "delta"},
        ),
        Weather.SMALL_PAGES: (
            {"kind": "empty_page", "path": "delta|events"},
            {"kind": "rows_twice", "path": "delta"},
        ),
    }

    def connected(self, company: Company, office: Office, now: datetime, personal: ActivityType) -> Connection:
        return connected(company, office, now, personal)

    def id_of(self, event: Mapping[str, Any]) -> str:
        return str(event["id"])

    def shown_as(self, word: str) -> str:
        return word

    @contextmanager
    def small_pages(self, at: int) -> Iterator[None]:
        with patch.object(delta, "_PAGE", 1 + at % 2), patch.object(graph_mailbox, "LIST_PAGE", 1 + at % 2):
            yield


@dataclass(frozen=True, slots=True)
class Server:
    """An Exchange Server of one of ``VERSIONS``, through its web services."""

    version: str

    looks_back = None
    faults = {
        Weather.ANSWER_LOST: (
            {"kind": "drop_after", "method": "CreateItem"},
            {"kind": "drop_after", "method": "UpdateItem"},
            {"kind": "drop_after", "method": "DeleteItem"},
            {"kind": "timeout_after", "method": "CreateItem|UpdateItem|DeleteItem"},
            {"kind": "malformed_json", "method": "CreateItem|UpdateItem|DeleteItem"},
            {"kind": "drop_after", "method": "GetItem"},
        ),
        Weather.UNREACHABLE: (
            {"kind": "drop_before", "method": "CreateItem|UpdateItem|DeleteItem"},
            {"kind": "unavailable", "method": "SyncFolderItems"},
            {"kind": "unavailable", "method": "GetItem|FindItem"},
            {"kind": "access_denied"},
            {"kind": "unauthorized"},
            {"kind": "server_error"},
            {"kind": "malformed_json"},
        ),
        Weather.THROTTLED: (
            {"kind": "throttled", "retry_after": 30},
            {"kind": "throttled"},
            {"kind": "status", "code": "ErrorTooManyObjectsOpened"},
        ),
        Weather.STALE: ({"kind": "conflict", "method": "UpdateItem|DeleteItem", "count": 2},),
        Weather.WATERMARK_LOST: ({"kind": "sync_state_lost", "method": "SyncFolderItems"},),
        Weather.LATE: ({"kind": "rows_late", "method": "SyncFolderItems"},),
        Weather.FALSE_REMOVAL: ({"kind": "removed_and_back", "method": "SyncFolderItems"},),
        Weather.SMALL_PAGES: ({"kind": "rows_twice", "method": "SyncFolderItems"},),
    }

    def connected(self, company: Company, office: Office, now: datetime, personal: ActivityType) -> Connection:
        office.simulator.world.add_exchange(office.tenant.id, "CONTOSO", self.version)
        office.simulator.control.add_account(_DELEGATE, _PASSWORD)
        return Connection.objects.create(
            company=company,
            kind=Kind.EXCHANGE,
            ews_url=office.simulator.exchange_url,
            domain="CONTOSO",
            delegate_name=_DELEGATE,
            delegate_password=_PASSWORD,
            ca_bundle=office.simulator.ca_file,
            enabled=True,
            enabled_at=now,
            personal_type=personal,
        )

    def id_of(self, event: Mapping[str, Any]) -> str:
        return str(event["classicId"])

    def shown_as(self, word: str) -> str:
        """Servers before 2013 do not know of working elsewhere: who does is free (facts: ews §1.3)."""
        return "free" if word == "workingElsewhere" and self.version in ("2007", "2010") else word

    @contextmanager
    def small_pages(self, at: int) -> Iterator[None]:
        ask = operations.sync_folder_items
        with ExitStack() as stack:
            stack.enter_context(patch.object(operations, "MOST_FOUND", 1 + at % 2))
            stack.enter_context(patch.object(operations, "sync_folder_items", lambda state: ask(state, 1 + at % 2)))
            yield
