"""Graph's JSON to entries: a page of 512 events, beside O365 reading the same bytes."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import requests

from . import events, process
from .figures import Figure, middle, number
from .process import MeasurementFailed, spending
from .stage import ZONE, Stage


def figures(place: Stage, quick: bool) -> list[Figure]:
    size = 32 if quick else 512
    handle, name = tempfile.mkstemp(suffix=".json")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_page(place, size))
        found = [process.measure("translation.reading", page=name, size=size) for _ in range(1 if quick else 7)]
    finally:
        Path(name).unlink()
    ours, theirs = middle(found, "ours"), middle(found, "o365")
    return [
        Figure(
            f"Reading a page of {size} events",
            "× O365",
            [each["o365"] / each["ours"] for each in found],
            peer=f"ours {number(ours)} ms, O365 {number(theirs)} ms",
            details={key: middle(found, key) for key in found[0]},
        )
    ]


def _page(place: Stage, size: int) -> bytes:
    """The page that a first run asks for, as it comes over the wire."""
    from almanakka.remote.graph.client import PREFERENCES, query
    from almanakka.remote.graph.model import EXPAND_ORIGIN, FIELDS

    office = place.office(people=1)
    member = office.members[0]
    place.load(member.address, events.calendar(size, datetime.now(UTC).date(), member.address))
    answer = requests.get(
        place.control.base_url
        + query(f"/v1.0/users/{member.address}/calendar/events", top=str(size), select=FIELDS, expand=EXPAND_ORIGIN),
        headers={"Authorization": f"Bearer {place.token(office)}", "Prefer": PREFERENCES},
        verify=place.control.ca_file,
        timeout=60,
    )
    answer.raise_for_status()
    return answer.content


def reading(page: str, size: int) -> dict[str, Any]:
    """Milliseconds of either to make its own events of the bytes; the better of three times each."""
    from almanakka.remote.graph.decoding import decode
    from almanakka.remote.graph.model import Rows
    from almanakka.remote.graph.read import Reader
    from almanakka.sync.entry import Event

    body = Path(page).read_bytes()
    reader = Reader(ZONE, datetime.now(UTC))
    calendar = _o365_calendar()
    ours, theirs = [], []
    for _ in range(3):
        with spending() as spent:
            read = [reader.event(raw) for raw in decode(body, Rows).value]
        ours.append(spent.cpu)
        with spending() as spent:
            made = [
                calendar.event_constructor(parent=calendar, **{calendar._cloud_data_key: row})
                for row in json.loads(body)["value"]
            ]
        theirs.append(spent.cpu)
    if not len(read) == len(made) == size or not all(isinstance(each, Event) for each in read):
        raise MeasurementFailed("not every event could be read")
    for ours_read, theirs_read in zip(read, made, strict=True):
        if isinstance(ours_read, Event) and ours_read.entry.title != theirs_read.subject:
            raise MeasurementFailed("the events differ")
    return {"ours": min(ours) * 1000, "o365": min(theirs) * 1000, "bytes": len(body)}


def _o365_calendar() -> Any:
    """A calendar of O365's that never asks anybody anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from O365 import MSGraphProtocol
        from O365.calendar import Calendar

    return Calendar(con=Mock(), protocol=MSGraphProtocol(timezone=ZONE), main_resource="me", cloud_data={})
