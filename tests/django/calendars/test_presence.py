"""Pages say whether and since when an activity is in the reader's own Microsoft calendar, and what waits (B11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format

from almanakka.accounts.models import User
from almanakka.activities import changes, elsewhere
from almanakka.activities.elsewhere import Place
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars.models import ActivityHint, Hold, Mailbox, Pair

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
SINCE = datetime(2025, 12, 24, 12, tzinfo=UTC)


@pytest.fixture
def board(aino: User, types: dict[str, ActivityType]) -> Activity:
    return made(aino, types["meeting"])


def made(user: User, kind: ActivityType, name: str = "Board") -> Activity:
    times = {"start": AT + timedelta(hours=1), "end": AT + timedelta(hours=2)}
    draft = Draft(name=name, type_id=kind.pk, owner_id=user.pk, time_zone="Europe/Helsinki", **times)
    return changes.create(user.company_id, draft, Origin(edited_at=AT))


def paired(box: Mailbox, activity: Activity, **fields: Any) -> Pair:
    usual = {"origin": f"o{activity.pk}", "event": f"e{activity.pk}", "born": "here", "state": "live", "since": SINCE}
    ActivityHint.objects.filter(mailbox=box, activity=activity.pk).delete()
    return Pair.objects.create(mailbox=box, activity=activity.pk, **{**usual, **fields})


def looked(reader: User, activity: Activity) -> elsewhere.Elsewhere | None:
    found = Activity.objects.select_related("type").get(pk=activity.pk)
    elsewhere.mark(reader, [found])
    told: elsewhere.Elsewhere | None = found.elsewhere
    return told


def test_where_nothing_is_switched_on_nothing_is_told(aino: User, board: Activity) -> None:
    assert looked(aino, board) is None


def test_it_is_there_since_it_was_paired(aino: User, aino_box: Mailbox, board: Activity) -> None:
    paired(aino_box, board)
    told = looked(aino, board)
    assert told is not None
    assert (told.place, told.since, told.told) == (
        Place.THERE,
        SINCE,
        f"In your Microsoft calendar since {date_format(SINCE, 'SHORT_DATE_FORMAT')}",
    )


def test_each_reader_hears_of_their_own_mailbox(
    aino: User, eero: User, aino_box: Mailbox, mailbox_for: Callable[..., Mailbox], board: Activity
) -> None:
    paired(aino_box, board)
    mailbox_for(eero)
    assert looked(eero, board) is None


def test_what_is_on_its_way_and_what_waits(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], board: Activity
) -> None:
    def place(activity: Activity) -> Place | None:
        told = looked(aino, activity)
        return None if told is None else told.place

    ActivityHint.objects.update_or_create(mailbox=aino_box, activity=board.pk, defaults={"version": 1})
    assert place(board) is Place.COMING
    pair = paired(aino_box, board, state="creating", event=None)
    assert place(board) is Place.COMING
    Pair.objects.filter(pk=pair.pk).update(state="live", event="e1")
    assert place(board) is Place.THERE
    ActivityHint.objects.create(mailbox=aino_box, activity=board.pk, version=2)
    assert place(board) is Place.COMING
    hold = Hold.objects.create(mailbox=aino_box, item="event:e1", reason="many_deletion_here")
    assert place(board) is Place.HELD
    hold.delete()
    Pair.objects.filter(pk=pair.pk).update(state="muted")
    assert place(board) is Place.LOOSE
    for state in ("dead", "declined", "deleting"):
        Pair.objects.filter(pk=pair.pk).update(state=state)
        assert place(board) is None
    internal = made(aino, types["internal"])
    ActivityHint.objects.update_or_create(mailbox=aino_box, activity=internal.pk, defaults={"version": 1})
    assert place(internal) is None


def test_what_waits_is_settled_from_the_activity_with_one_click(aino: User, aino_box: Mailbox, board: Activity) -> None:
    client = Client()
    client.force_login(aino)
    paired(aino_box, board, event="e1")
    pages = (f"/activities/{board.pk}/", f"/calendar/{board.pk}/card")
    assert all("Decide" not in client.get(page).content.decode() for page in pages)
    hold = Hold.objects.create(mailbox=aino_box, item="event:e1", reason="too_frequent", title="Board", since=AT)
    told = looked(aino, board)
    assert told is not None
    assert all(f'<a href="{told.settled_at}"' in client.get(page).content.decode() for page in pages)
    answers = client.get(told.settled_at).content.decode()
    assert "Board" in answers
    assert "Try again now" in answers
    hold.decided = "again"
    hold.save()
    told = looked(aino, board)
    assert told is not None
    assert (told.place, told.settled_at, "Waits for you" in told.told) == (Place.HELD, "", False)


PAGES = ("/", "/calendar/?week=2026-01-05", "/activities/", "/calendar/items?start=2026-01-05&end=2026-01-12")


@pytest.mark.parametrize("page", PAGES)
def test_pages_show_it_with_as_many_statements_for_many_as_for_few(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], board: Activity, page: str
) -> None:
    client = Client()
    client.force_login(aino)
    paired(aino_box, board)

    def asked() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(page)
        return len(statements), answer.content.decode()

    asked()
    few, text = asked()
    assert "In your Microsoft calendar since" in text
    for number in range(20):
        paired(aino_box, made(aino, types["meeting"], str(number)))
    many, text = asked()
    assert (many, text.count("In your Microsoft calendar since") >= 20) == (few, True)


# --- another type for several (S13) --------------------------------------------------------------


def test_s13_a_change_of_type_that_removes_mirrors_says_how_many_before_it_does(
    aino: User,
    eero: User,
    aino_box: Mailbox,
    mailbox_for: Callable[..., Mailbox],
    types: dict[str, ActivityType],
    board: Activity,
) -> None:
    client = Client()
    client.force_login(aino)
    theirs = made(aino, types["meeting"], "From Outlook")
    unpaired = made(aino, types["meeting"], "Nowhere else")
    paired(aino_box, board)
    paired(mailbox_for(eero), board, origin="of Eero")
    paired(aino_box, theirs, born="there")
    chosen = [board.pk, theirs.pk, unpaired.pk]
    asked = client.post("/activities/types", {"activity": chosen, "type": types["internal"].pk, "back": "q=o"})
    page = asked.content.decode()
    assert "2 entries that came from here are removed from Microsoft calendars" in page
    assert "That concerns the calendars of 2 people." in page
    assert "1 that came from Microsoft stays there" in page
    assert not Activity.objects.filter(type=types["internal"]).exists()
    given = {"activity": chosen, "type": types["internal"].pk, "back": "q=o", "sure": "1"}
    assert client.post("/activities/types", given).headers["Location"] == "/activities/?q=o"
    assert Activity.objects.filter(type=types["internal"]).count() == 3


def test_s13_a_type_that_goes_out_or_activities_without_mirrors_ask_nothing(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], board: Activity
) -> None:
    client = Client()
    client.force_login(aino)
    client.post("/activities/types", {"activity": board.pk, "type": types["internal"].pk})
    paired(aino_box, board)
    client.post("/activities/types", {"activity": board.pk, "type": types["todo"].pk})
    assert Activity.objects.get().type == types["todo"]
