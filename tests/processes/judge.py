"""Compares both stores, read raw, with each other and with the ledger of acknowledged edits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from almanakka.activities.models import Activity
from almanakka.calendars import clock
from almanakka.calendars.models import Hold, Mailbox, Run
from almanakka.demo import stores
from almanakka.demo.compare import Window, differences
from almanakka.demo.scenario import people
from almanakka.demo.tenant import Control

from .script import Item

_TOKEN = re.compile(r"#\d+#")
HORIZON = timedelta(days=400)


class Judgement:
    """What is wrong, each in a line: ``lost`` edits, ``doubled`` entries, what is ``divergent`` between both sides."""

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self.divergent: list[str] = []
        self.others: list[str] = []

    def problems(self) -> dict[str, list[str]]:
        return {"lost": self.lost, "doubled": self.doubled, "divergent": self.divergent, "others": self.others}


def judge(items: Iterable[Item], members: Iterable[Any], control: Control) -> Judgement:
    """Look at everybody's two sides, then at every entry of the ledger."""
    told = Judgement()
    there: dict[tuple[Any, str], list[dict[str, Any]]] = defaultdict(list)
    for member in members:
        dump = control.dump(member.email)
        for event in dump["events"]:
            there[member.pk, _token(event["bodyText"])].append(event)
        window = Window(Mailbox.objects.get(user=member).cutoff, clock.now() + HORIZON, ZoneInfo(people.ZONE))
        ours, theirs = stores.ours(member, {}), stores.theirs(dump, {})
        told.divergent += [f"{member.email}: {each}" for each in differences(ours.entries, theirs.entries, window)]
    here: dict[str, list[Activity]] = defaultdict(list)
    for row in Activity.objects.prefetch_related("occurrences", "participants"):
        here[_token(row.notes)].append(row)
    for item in items:
        _item(item, here[item.token], {user: there[user.pk, item.token] for user in item.people}, told)
    told.others += [f"held: {each.item} {each.reason} {each.detail}" for each in Hold.objects.all()]
    told.others += _runs()
    return told


def _token(text: str) -> str:
    found = _TOKEN.search(text)
    return found.group() if found else ""


def _item(item: Item, here: list[Activity], there: dict[Any, list[dict[str, Any]]], told: Judgement) -> None:
    what = f"{item.token} {'there' if item.there else 'here'}"
    numbers = [len(here), *map(len, there.values())]
    if max(numbers) > 1:
        told.doubled.append(f"{what}: {numbers}")
    elif not item.exists.admits(bool(here)) or len(set(numbers)) > 1:
        told.lost.append(f"{what} exists {numbers}, to be {item.exists.values}")
    elif here:
        for part, expected in _parts(item, here[0]):
            told.lost += [f"{what}: {part}, to be {expected}"]


def _parts(item: Item, row: Activity) -> Iterable[tuple[str, Any]]:
    """Yield what is not as it was acknowledged; that there and here are the same, the comparison of sides says."""
    for part, value in ((item.title, row.name), (item.location, row.location), (item.start, row.start)):
        if not part.admits(value):
            yield str(value), part.values
    occurrences = {each.original_date: None if each.cancelled else each.name for each in row.occurrences.all()}
    for day, part in item.occurrences.items():
        if not part.admits(occurrences.get(day, ...)):
            yield f"{day} {occurrences.get(day, ...)}", part.values


def _runs() -> list[str]:
    """Runs of one mailbox that went on at the same time, although neither was taken over."""
    found = []
    ended: dict[Any, datetime] = {}
    rows = Run.objects.filter(ended_at__isnull=False).exclude(error_code="lease_lost")
    for row in rows.order_by("mailbox", "number").annotate(name=F("mailbox__address")):
        if row.mailbox_id in ended and row.started_at < ended[row.mailbox_id]:
            found.append(f"two runs at once: {row.name} {row.number}")
        ended[row.mailbox_id] = row.ended_at
    return found
