"""S10, B9: what is private is nobody else's, in all directions: markers are planted, and everything is searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog.testing
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils.translation import override

from almanakka.accounts.models import Role
from almanakka.activities.models import Activity
from almanakka.calendars import commands
from almanakka.calendars.models import Connection, Hold, JournalEntry, Mailbox, Run
from almanakka.remote import sessions
from contract.graph_outlook import unrepresentable
from exchange_simulator import RunningSimulator

from .office import NOON, Office, Somebody, single, weekly
from .server_office import ServerOffice

#: Of these, only Anna knows; of the other, only she and Ben, whom she has invited.
MARK, SHARED = "Zanzibar", "Quetzal"
#: What pages are asked for beside their plain form.
QUERIES: dict[str, tuple[dict[str, Any], ...]] = {
    "activities": ({"whose": "all"}, {"whose": "all", "q": MARK[1:-1]}, {"whose": "all", "q": SHARED[1:-1]}),
    "activities-export": ({"whose": "all"}, {"whose": "all", "q": MARK[1:-1]}),
    "calendar": ({"week": "2026-10-06"}, {"week": "2026-10-06", "as": "list"}),
    "calendar-items": ({"start": "2026-10-01T00:00:00Z", "end": "2026-11-20T00:00:00Z"},),
    "calendar-export": ({"start": "2026-10-01", "end": "2026-11-20"},),
    "activity": ({"day": "2026-10-12"},),
    "activity-edit": ({"day": "2026-10-12", "extent": "following"},),
}


@pytest.fixture(params=["graph, with a Personal type", "ews, without one"])
def office(served: RunningSimulator, db: None, request: pytest.FixtureRequest) -> Iterator[Office]:
    """Cecilia is an administrator, and all three have it on."""
    spoke, _, personal = request.param.partition(", ")
    with override("en"):
        office = Office(served) if spoke == "graph" else ServerOffice(served)
        if personal == "without one":
            office.connection.personal_type = None
            office.connection.save()
        office.cecilia.user.role = Role.ADMINISTRATOR
        office.cecilia.user.save()
        office.join(office.ben, office.cecilia)
        yield office
    sessions.close()


def planted(office: Office) -> None:
    """Private entries of every kind, and everything that may come of one: conflicts, refusals, what cannot be held."""
    anna, words = office.anna, {"location": f"{MARK} hall", "notes": f"about {MARK}"}
    for number, word in enumerate(("private", "personal", "confidential")):
        anna.put(single(f"{MARK} {word}", days=number, **words), sensitivity=word)
    series = anna.put(weekly(f"{MARK} series", **words), sensitivity="private")
    anna.outlook.edit_event(series, {"subject": f"{MARK} special"}, "2026-10-12")
    anna.put(single(f"{MARK} strange"), sensitivity="private", **unrepresentable())
    meeting = anna.put(single(f"{SHARED} board", days=3, location=f"{SHARED} room"), sensitivity="private")
    anna.outlook.invite(meeting, ["ben@contoso.test", f"{SHARED.lower()}@elsewhere.test"])
    ours = office.make(single(f"{MARK} here", days=4, **words), is_private=True)
    office.make(single(f"{SHARED} here", days=5), is_private=True, participants=[office.ben.user.pk])
    office.calms_down()
    event = next(each for each in anna.events() if each["subject"] == f"{MARK} here")
    anna.outlook.edit_event(event["id"], {"subject": f"{MARK} theirs"})
    office.edit(ours, name=f"{MARK} ours")
    office.fault("server_error", count=1)
    with structlog.testing.capture_logs():
        office.run()
    office.calms_down()
    anna.outlook.delete_event(next(e["id"] for e in anna.events() if e["subject"] == f"{MARK} confidential"))
    office.calms_down()


def addresses() -> Iterator[tuple[str, str]]:
    """Every page by name and address, of every entry where it is about one."""
    ids = [str(each) for each in Activity.objects.values_list("pk", flat=True)]
    for pattern in _patterns(get_resolver().url_patterns):
        if not pattern.name or pattern.name in ("account_logout", "microsoft-sign-in", "calendar-sync-preview"):
            continue
        try:
            yield pattern.name, reverse(pattern.name)
        except NoReverseMatch:
            if "activity_id" in pattern.pattern.converters:
                yield from ((pattern.name, reverse(pattern.name, kwargs={"activity_id": id})) for id in ids)


def _patterns(found: Any) -> Iterator[URLPattern]:
    for each in found:
        yield from [each] if isinstance(each, URLPattern) else _patterns(each.url_patterns)


def read_by(reader: Somebody, people: list[Somebody], *, posts: bool = True) -> Iterator[tuple[str, str]]:
    """Yield what somebody is shown, page by page; with ``posts``, also what they get for trying to change things."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(reader.user)
    everybody = [str(each.user.pk) for each in people]
    for name, address in addresses():
        for query in ({}, *QUERIES.get(name, ())):
            answer = client.get(address, {**query, "people": everybody})
            yield f"{address} {query}", b"".join(answer).decode(errors="replace")
        if posts and name in ("activity-edit", "activity-delete", "activity-leave", "calendar-move"):
            moved = {"version": 1, "allDay": True, "start": "2026-10-07", "end": "2026-10-08"}
            answer = client.post(address, json.dumps(moved), content_type="application/json")
            yield f"post {address}", b"".join(answer).decode(errors="replace")


def test_b9_what_is_private_is_nowhere_but_with_its_people(
    office: Office, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with structlog.testing.capture_logs() as told:
        planted(office)
    shown = {sight.title for sight in office.shown_here(office.anna)}
    assert {f"{MARK} private", f"{MARK} special", f"{SHARED} board"} <= shown  # it is there to be seen
    assert Hold.objects.filter(mailbox=office.anna.box, title__contains=MARK).exists()
    assert JournalEntry.objects.filter(mailbox=office.anna.box, action="conflict").exists()

    # logs, and what is written down for others than their holder
    assert MARK not in f"{told}{caplog.text}"
    assert SHARED not in f"{told}{caplog.text}"
    of_others = JournalEntry.objects.exclude(mailbox=office.anna.box)
    assert MARK not in dumped(of_others) + dumped(Hold.objects.exclude(mailbox=office.anna.box))
    assert SHARED not in dumped(of_others.filter(mailbox=office.cecilia.box))
    numbers = "".join(dumped(model.objects.all()) for model in (Run, Connection)) + "".join(
        f"{box.error_code}{box.error_detail}" for box in Mailbox.objects.all()
    )
    assert MARK not in numbers
    assert SHARED not in numbers

    # mailboxes: private goes out as private, and to nobody who does not take part
    for somebody in (office.ben, office.cecilia):
        assert MARK not in str(somebody.events())
    assert SHARED not in str(office.cecilia.events())
    assert {each["sensitivity"] for each in office.ben.events()} == {"private"}

    # pages, JSON and files
    for reader, mine in ((office.ben, SHARED), (office.cecilia, "")):
        hidden = [word for word in (MARK, SHARED) if word != mine]
        for where, text in read_by(reader, office.people):
            for word in hidden:
                assert word.lower() not in text.lower(), (reader.user, where)
    unseen = {MARK, SHARED}  # the same search finds them with their holder, and need not go on once it has
    for _, text in read_by(office.anna, office.people, posts=False):
        unseen -= {word for word in unseen if word in text}
        if not unseen:
            break
    assert not unseen

    # what an operator is shown
    capsys.readouterr()
    assert commands.preview(office.anna.user.email) == 0
    seen = capsys.readouterr()
    assert MARK not in seen.out + seen.err

    # nothing was done to it by those who may not
    assert Activity.objects.filter(name__contains=MARK).count() >= 4
    assert office.activity(f"{MARK} private").start == NOON


def dumped(rows: Any) -> str:
    """Every column of some rows, images and all."""
    return " ".join(str(row) for row in rows.values())


def test_every_table_that_holds_an_image_is_searched() -> None:
    """A new table with titles in it has to be thought of here."""
    holding = {
        model.__name__
        for model in apps.get_app_config("calendars").get_models()
        if any(type(field).__name__ == "EntryField" or field.name == "title" for field in model._meta.get_fields())
    }
    assert holding <= {"Pair", "JournalEntry", "Hold", "MeetingApproval"}
