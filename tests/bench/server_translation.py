"""Exchange Server's XML to entries and back, beside exchangelib reading the same answers and writing the same items."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from . import events, process
from .figures import Figure, Floor, middle, number
from .process import MeasurementFailed, spending
from .stage import DELEGATE, DOMAIN, SECRET, ZONE, Stage

if TYPE_CHECKING:
    import exchangelib

    from almanakka.sync.entry import Event

FASTER = Floor(10, at_least=True)
#: Items in one request.
TOGETHER = 50
_OWNER = "owner@server.test"
_URL = "https://127.0.0.1/EWS/Exchange.asmx"


def figures(place: Stage, quick: bool) -> list[Figure]:
    size = 32 if quick else 512
    with tempfile.TemporaryDirectory() as folder:
        answers = _answers(place, size, Path(folder))
        found = [
            process.measure("server_translation.both", answers=answers, size=size) for _ in range(1 if quick else 7)
        ]
    details = {name: middle(found, name) for name in found[0]}

    def beside(what: str, theirs: str) -> str:
        return f"ours {number(details[what])} ms, exchangelib {number(details[theirs])} ms"

    def times(what: str, theirs: str) -> list[float]:
        return [each[theirs] / each[what] for each in found]

    reading = f"Reading an answer with {size} items"
    return [
        Figure(reading, "× exchangelib", times("read", "their_read"), FASTER, beside("read", "their_read"), details),
        Figure(f"{reading}, their bytes in one piece", "× exchangelib", times("read", "their_parse"),
               None, beside("read", "their_parse")),
        Figure(f"Writing {size} new items", "× exchangelib", times("write", "their_write"),
               FASTER, beside("write", "their_write")),
    ]  # fmt: skip


def _answers(place: Stage, size: int, folder: Path) -> list[str]:
    """Files with what a server answers when asked for items whole, and for the changed occurrences among them."""
    from almanakka.remote.ews import client, operations
    from almanakka.remote.ews.client import Client, ServerSettings, always
    from almanakka.remote.ews.dialect import Dialect
    from almanakka.remote.ews.mailbox import ids_in
    from almanakka.remote.ews.markup import t
    from almanakka.remote.ews.read import changed_occurrences

    member = place.office(people=1, server=True).members[0]
    place.load(member.address, events.calendar(size, datetime.now(UTC).date(), member.address))
    settings = ServerSettings(
        f"{place.control.base_url}/EWS/Exchange.asmx", f"{DOMAIN}\\{DELEGATE}", SECRET, place.control.ca_file
    )
    server = Client(settings, Dialect.EXCHANGE_2013)
    probe = always(operations.get_folder())
    kept: list[bytes] = []
    parse = client.parse

    def keeping(body: bytes) -> Any:
        kept.append(body)
        return parse(body)

    client.parse = keeping
    try:
        ids: list[str] = []
        while len(ids) < size:
            (page,) = server.ask(always(operations.find_since(None, len(ids))), member.address, probe)
            ids += ids_in(page.element)
        kept.clear()
        items = server.ask(lambda dialect: operations.get_items(ids, dialect), member.address, probe)
        masters = [item for each in items for item in each.element.iter(t("CalendarItem"))]
        changed = [id for item in masters for id in changed_occurrences(item)]
        server.ask(lambda dialect: operations.get_items(changed, dialect), member.address, probe)
    finally:
        client.parse = parse
        server.close()
    files = [folder / name for name in ("items.xml", "changed.xml")]
    for file, body in zip(files, kept, strict=True):
        file.write_bytes(body)
    return [str(file) for file in files]


# --- in a process of its own ---------------------------------------------------------------------


def both(answers: list[str], size: int) -> dict[str, Any]:
    """Milliseconds of either to make objects of the answers and requests of new items; the best of three each."""
    bodies = [Path(answer).read_bytes() for answer in answers]
    account = _account()
    gc.collect()
    gc.freeze()  # what was imported beforehand is no burden
    read, ours = _best(lambda: _read(bodies))
    their_parse, _ = _best(lambda: _their_parse(account, bodies))
    their_read, theirs = _best(lambda: _their_read(account, bodies))
    _same_titles(ours, theirs, size)
    write, sent = _best(lambda: _write(ours))
    items = [_fresh(account, item) for item in theirs[:size]]
    their_write, their_sent = _best(lambda: _their_write(account, items))
    _same_items(sent, their_sent)
    return {
        "read": read,
        "their_read": their_read,
        "their_parse": their_parse,
        "write": write,
        "their_write": their_write,
        "bytes": sum(map(len, bodies)),
    }


def _best(work: Callable[[], Any]) -> tuple[float, Any]:
    took, result = [], None
    for _ in range(3):
        with spending() as spent:
            result = work()
        took.append(spent.cpu)
    return min(took) * 1000, result


def _read(bodies: list[bytes]) -> list[Event]:
    from almanakka.remote.ews import soap
    from almanakka.remote.ews.item import identity
    from almanakka.remote.ews.mailbox import _answer
    from almanakka.remote.ews.markup import Element, parse
    from almanakka.remote.ews.read import Reader
    from almanakka.sync.entry import Event

    items, changed = (
        [item for item in map(_answer, soap.messages(parse(body))) if isinstance(item, Element)] for body in bodies
    )
    occurrences = {identity(item)[0]: item for item in changed}
    reader = Reader(ZONE, _OWNER, datetime.now(UTC))
    return [event for event in (reader.event(item, occurrences) for item in items) if isinstance(event, Event)]


def _write(read: list[Event]) -> list[bytes]:
    from almanakka.remote.ews import operations, soap, write
    from almanakka.remote.ews.dialect import Dialect

    now, dialect = datetime.now(UTC), Dialect.EXCHANGE_2013
    items = [write.created(event.entry, event.id, ZONE, now, dialect) for event in read]
    chunks = (items[start : start + TOGETHER] for start in range(0, len(items), TOGETHER))
    return [soap.envelope(operations.create_items(chunk), dialect, _OWNER) for chunk in chunks]


def _account() -> exchangelib.Account:
    """An account of exchangelib's that never asks anybody anything."""
    import exchangelib
    from exchangelib.version import EXCHANGE_2016, Version

    class Origin(exchangelib.ExtendedProperty):
        property_set_id = "9a4a6ef6-0b0d-4c57-8f0b-7b1f6a1d3c52"
        property_name = "AlmanakkaOrigin"
        property_type = "String"

    exchangelib.CalendarItem.register("origin", Origin)
    configuration = exchangelib.Configuration(
        service_endpoint=_URL,
        credentials=exchangelib.Credentials("nobody", "nothing"),
        auth_type=exchangelib.NTLM,
        version=Version(EXCHANGE_2016),
    )
    return exchangelib.Account(
        _OWNER,
        config=configuration,
        autodiscover=False,
        access_type=exchangelib.IMPERSONATION,
        default_timezone=exchangelib.EWSTimeZone(ZONE),
    )


def _their_parse(account: exchangelib.Account, bodies: list[bytes]) -> list[Any]:
    """What it makes of bytes that somebody else has put together."""
    from exchangelib.services import GetItem

    return [item for body in bodies for item in GetItem(account=account).parse(body)]


def _their_read(account: exchangelib.Account, bodies: list[bytes]) -> list[Any]:
    """What it does with each answer that requests has given it."""
    from exchangelib.services import GetItem

    found: list[Any] = []
    for body in bodies:
        answer = requests.Response()
        answer.status_code, answer._content, answer._content_consumed = 200, body, True
        service = GetItem(account=account)
        messages = service._get_soap_messages(body=service._get_soap_parts(response=answer)[1])
        found += service._elems_to_objs(service._get_elements_in_response(response=messages))
    return found


def _fresh(account: exchangelib.Account, item: Any) -> Any:
    import exchangelib

    names = ("subject", "sensitivity", "body", "origin", "start", "end", "is_all_day", "legacy_free_busy_status")
    held = {name: getattr(item, name) for name in (*names, "location", "recurrence")}
    return exchangelib.CalendarItem(account=account, **(held | {"origin": item.id}))


def _their_write(account: exchangelib.Account, items: list[Any]) -> list[bytes]:
    from exchangelib.properties import DistinguishedFolderId, Mailbox
    from exchangelib.services import CreateItem

    service = CreateItem(account=account)
    folder = DistinguishedFolderId(id="calendar", mailbox=Mailbox(email_address=_OWNER))
    found = []
    for start in range(0, len(items), TOGETHER):
        payload = service.get_payload(
            items=items[start : start + TOGETHER],
            folder=folder,
            message_disposition="SaveOnly",
            send_meeting_invitations="SendToNone",
        )
        found.append(service.wrap(content=payload, api_version=account.version.api_version))
    return found


def _same_titles(ours: list[Event], theirs: list[Any], size: int) -> None:
    if len(ours) != size:
        raise MeasurementFailed(f"{len(ours)} of {size} items could be read")
    for event, item in zip(ours, theirs, strict=False):
        if (event.id, event.entry.title) != (item.id, item.subject):
            raise MeasurementFailed("the items differ")


def _same_items(ours: list[bytes], theirs: list[bytes]) -> None:
    if _told(ours) != _told(theirs):
        raise MeasurementFailed("the requests differ")


def _told(requests: list[bytes]) -> list[tuple[object, ...]]:
    """What requests say of each new item, however they spell it."""
    from lxml import etree

    from almanakka.remote.ews.item import Item
    from almanakka.remote.ews.markup import t

    elements = (element for body in requests for element in etree.fromstring(body).iter(t("CalendarItem")))
    return [
        (
            *map(item.text, ("Subject", "Sensitivity", "LegacyFreeBusyStatus", "Location")),
            item.holds("IsAllDayEvent"),
            *(datetime.fromisoformat(item.text(name)) for name in ("Start", "End")),
            [each.tag for each in item.listed("Recurrence")],
            "".join(item.get("ExtendedProperty").itertext()),  # type: ignore[union-attr]
        )
        for item in map(Item, elements)
    ]
