"""What waits for a person, and what one click does about it (B2, B11)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Project
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, holds, remotes, wiring
from almanakka.calendars.models import Hold, Mailbox, Pair, Run
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Event, Timed
from visits import text

PAGE = "/profile/calendar-sync/"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
#: How many entries go at once; the proof takes 10,000.
MANY = int(os.environ.get("ALMANAKKA_DELETIONS", "60"))


@pytest.fixture
def calendar(aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    with remotes.open_calendar(aino_box):
        calendars[aino_box.remote_id].page_size = 1000
        return calendars[aino_box.remote_id]


def run(box: Mailbox, minutes: int = 0) -> Run:
    Mailbox.objects.update(not_before=None)
    with clock.stopped_at(NOW + timedelta(minutes=minutes)):
        row = wiring.run_mailbox(box.pk)
    assert row is not None
    assert row.error_code == "", row.error_detail
    return row


def fill(aino: User, types: dict[str, ActivityType], calendar: MemoryCalendar) -> None:
    """Half of it was born there, half here."""
    start = NOW + timedelta(days=1)
    drafts = [
        Draft(
            type_id=types["meeting"].pk,
            owner_id=aino.pk,
            name=f"Ours {each}",
            start=start,
            end=start + timedelta(hours=1),
            time_zone="Europe/Helsinki",
        )
        for each in range(MANY // 2)
    ]
    changes.create_many(aino.company_id, drafts, Origin(edited_at=NOW, by=aino.pk))
    for each in range(MANY - MANY // 2):
        calendar.put(Entry(f"Theirs {each}", Timed(start, start + timedelta(hours=1))))


def emptied(calendar: MemoryCalendar) -> None:
    for id in list(calendar.entries()):
        calendar.remove(id)


def token_lost(calendar: MemoryCalendar) -> None:
    calendar.expire()


def calendar_replaced(calendar: MemoryCalendar) -> None:
    """Another calendar is the person's own from now on: nothing of the old one is in it, and no cursor is good."""
    emptied(calendar)
    calendar.expire()
    calendar.put(Entry("In the new calendar", Timed(NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1))))


def mailbox_moved(calendar: MemoryCalendar) -> None:
    """Every entry is there by another id, as after a move between databases; uids and origin keys stay."""
    for id, event in list(calendar.entries().items()):
        origin = calendar.origin_of(id)
        calendar.remove(id)
        calendar._add(event.entry, uid=event.uid, origin=origin)
    calendar.expire()


def here() -> list[str]:
    return sorted(Activity.objects.values_list("name", flat=True))


def there(calendar: MemoryCalendar) -> list[str]:
    return sorted(each.entry.title for each in calendar.entries().values() if isinstance(each, Event))


@pytest.mark.parametrize("disaster", [emptied, calendar_replaced, token_lost, mailbox_moved])
@pytest.mark.parametrize("answer", [holds.DELETE, holds.PUT_BACK])
def test_b2_however_many_entries_are_gone_at_once_nothing_goes_without_a_word_and_one_click_settles_it(
    as_aino: Client,
    aino: User,
    aino_box: Mailbox,
    types: dict[str, ActivityType],
    calendar: MemoryCalendar,
    disaster: Callable[[MemoryCalendar], None],
    answer: str,
) -> None:
    fill(aino, types, calendar)
    run(aino_box)
    before = here()
    assert len(before) == MANY == len(there(calendar))
    disaster(calendar)
    for minutes in (15, 30, 45):
        run(aino_box, minutes)
        assert set(before) <= set(here())
        assert len([title for title in here() if title in before]) == MANY
    if disaster in (token_lost, mailbox_moved):
        assert not Hold.objects.exists()
        assert (here(), there(calendar)) == (before, before)
        return
    assert Hold.objects.filter(reason="many_deletion_here", decided="").count() == MANY
    with CaptureQueriesContext(connection) as made:
        page = text(as_aino.get(PAGE))
    assert len(made) < 30
    assert page.count("<li>") < 40
    assert f"{MANY} entries were deleted in your Microsoft calendar at once" in page
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "many_deletion_here", "answer": answer})
    assert "were deleted in your Microsoft calendar at once" not in text(as_aino.get(PAGE))
    for minutes in (60, 75, 90):
        last = run(aino_box, minutes)
    assert last.written == 0
    assert not Hold.objects.exists()
    new = ["In the new calendar"] if disaster is calendar_replaced else []
    expected = sorted(new + (before if answer == holds.PUT_BACK else []))
    assert (here(), there(calendar)) == (expected, expected)
    Mailbox.objects.update(full_wanted=True)
    assert run(aino_box, 105).written == 0
    assert (here(), there(calendar)) == (expected, expected)


@pytest.mark.parametrize("answer", [holds.DELETE, holds.PUT_BACK])
def test_b2_activities_deleted_in_a_mass_are_deleted_there_or_made_again(
    as_aino: Client,
    aino: User,
    aino_box: Mailbox,
    types: dict[str, ActivityType],
    calendar: MemoryCalendar,
    answer: str,
) -> None:
    fill(aino, types, calendar)
    run(aino_box)
    before = here()
    tram = Project.objects.create(company=aino.company, name="Tram")
    chosen = Activity.objects.get(name="Theirs 3")
    changes.change(chosen.pk, None, {"type_id": types["todo"].pk, "project_id": tram.pk}, Origin(edited_at=NOW))
    run(aino_box, 5)
    changes.remove_many(dict(Activity.objects.values_list("pk", "version")), Origin(edited_at=NOW, by=aino.pk))
    run(aino_box, 15)
    assert there(calendar) == before
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "many_deletion_there", "answer": answer})
    for minutes in (30, 45, 60):
        last = run(aino_box, minutes)
    assert last.written == 0
    expected = before if answer == holds.PUT_BACK else []
    assert (here(), there(calendar)) == (expected, expected)
    assert not Hold.objects.exists()
    told = list(Activity.objects.filter(name="Theirs 3").values_list("type__name", "project__name"))
    assert told == [("To-do", "Tram")] * (answer == holds.PUT_BACK)


def test_b2_mirrors_of_a_type_that_no_longer_goes_out_may_stay_where_they_are(
    as_aino: Client, aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendar: MemoryCalendar
) -> None:
    fill(aino, types, calendar)
    run(aino_box)
    before = here()
    types["meeting"].synchronised = False
    types["meeting"].save()
    run(aino_box, 15)
    assert Hold.objects.filter(reason="many_deletion_there").count() == MANY // 2
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "many_deletion_there", "answer": holds.PUT_BACK})
    for minutes in (30, 45):
        run(aino_box, minutes)
    types["meeting"].synchronised = True
    types["meeting"].save()
    for minutes in (60, 75):
        last = run(aino_box, minutes)
    assert last.written == 0
    assert (here(), there(calendar)) == (before, before)


@pytest.fixture
def emptied_box(aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendar: MemoryCalendar) -> Mailbox:
    """Everything was deleted there, and waits."""
    fill(aino, types, calendar)
    run(aino_box)
    emptied(calendar)
    run(aino_box, 15)
    return aino_box


def while_it_runs(calendar: MemoryCalendar, operation: str, deed: Callable[[], object]) -> None:
    """Do something once, in the middle of a run: when its next such request has been answered."""
    ask = getattr(calendar, operation)

    def asked(*what: object) -> object:
        setattr(calendar, operation, ask)
        answer = ask(*what)
        if operation == "listing":
            answer = list(answer)
        deed()
        return answer

    setattr(calendar, operation, asked)


@pytest.mark.parametrize(("answer", "left"), [(holds.DELETE, 0), (holds.PUT_BACK, MANY)])
def test_b2_an_answer_that_comes_while_a_run_holds_the_same_once_more_is_acted_on_by_the_next(
    emptied_box: Mailbox, calendar: MemoryCalendar, answer: str, left: int
) -> None:
    Mailbox.objects.update(full_wanted=True)
    while_it_runs(calendar, "fetch", lambda: holds.decide(emptied_box.pk, "many_deletion_here", answer))
    assert run(emptied_box, 30).counts["held"] == MANY
    assert len(here()) == MANY
    assert not holds.open_ones(emptied_box.pk).exists()
    run(emptied_box, 45)
    assert len(here()) == len(there(calendar)) == left
    assert not Hold.objects.exists()


def test_b2_an_answer_stands_while_a_run_acts_on_it(emptied_box: Mailbox, calendar: MemoryCalendar) -> None:
    """Whoever says otherwise in another window is told that it has been settled, and not that it is coming back."""
    one = Hold.objects.get(title="Ours 3")
    assert holds.decide(emptied_box.pk, one.reason, holds.PUT_BACK, one=one.pk) == 1
    assert holds.decide(emptied_box.pk, one.reason, holds.DELETE) == MANY - 1
    said: list[int] = []
    while_it_runs(calendar, "fetch", lambda: said.append(holds.decide(emptied_box.pk, one.reason, holds.PUT_BACK)))
    run(emptied_box, 30)
    run(emptied_box, 45)
    assert said == [0]
    assert here() == there(calendar) == ["Ours 3"]


def test_b2_what_was_edited_here_meanwhile_stays_whatever_is_said_of_it_then(
    emptied_box: Mailbox, calendar: MemoryCalendar, aino: User
) -> None:
    """The run that takes the edit out is at it already when the yes to the deletion comes (row 8)."""
    edited = Activity.objects.get(name="Ours 3").pk
    changes.change(edited, None, {"name": "Wanted"}, Origin(edited_at=NOW + timedelta(minutes=20), by=aino.pk))
    while_it_runs(calendar, "create", lambda: holds.decide(emptied_box.pk, "many_deletion_here", holds.DELETE))
    run(emptied_box, 30)
    run(emptied_box, 45)
    assert here() == there(calendar) == ["Wanted"]
    assert not Hold.objects.exists()


def test_b11_everything_is_read_once_more_if_that_is_asked_for_while_it_is_being_read(
    aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    run(aino_box)
    Hold.objects.create(mailbox=aino_box, item="activity:x", reason="refused", title="Odd one")
    Mailbox.objects.update(full_wanted=True)
    while_it_runs(calendar, "listing", lambda: holds.decide(aino_box.pk, "refused", holds.TRY_AGAIN))
    assert run(aino_box, 15).kind == "full"
    assert run(aino_box, 30).kind == "full"
    assert run(aino_box, 45).kind == "quick"


LUNCH = Timed(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1))


def lunch(aino: User, types: dict[str, ActivityType], name: str = "Lunch") -> Activity:
    draft = Draft(type_id=types["meeting"].pk, owner_id=aino.pk, name=name, start=LUNCH.start, end=LUNCH.end)
    return changes.create(aino.company_id, draft, Origin(edited_at=NOW, by=aino.pk))


@pytest.mark.parametrize("ours_is_newer", [True, False])
def test_r10_two_that_look_alike_are_told_and_never_merged(
    as_aino: Client,
    aino: User,
    aino_box: Mailbox,
    types: dict[str, ActivityType],
    calendar: MemoryCalendar,
    ours_is_newer: bool,
) -> None:
    run(aino_box)
    ours = None if ours_is_newer else lunch(aino, types)
    run(aino_box, 15)
    calendar.put(Entry("LUNCH ", LUNCH))
    if ours is None:
        run(aino_box, 20)
        ours = lunch(aino, types)
    run(aino_box, 30)
    (theirs,) = Activity.objects.exclude(pk=ours.pk)
    newer, older = (ours, theirs) if ours_is_newer else (theirs, ours)
    page = text(as_aino.get("/"))
    assert "1 entry looks like another one of yours" in page
    assert f'{reverse("activity", args=[newer.pk])}">Open the newer one' in page
    assert f'{reverse("activity", args=[older.pk])}">Open the older one' in page
    listed = text(as_aino.get(f"{PAGE}waiting?reason=duplicate"))
    assert f'{reverse("activity", args=[newer.pk])}">Open the newer one</a> · <a' in listed
    assert f'{reverse("activity", args=[older.pk])}">Open the older one</a></td>' in listed
    for minutes in (45, 60):
        Mailbox.objects.update(full_wanted=True)
        assert run(aino_box, minutes).written == 0
    assert Hold.objects.count() == 1
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "duplicate", "answer": holds.LEAVE})
    Mailbox.objects.update(full_wanted=True)
    run(aino_box, 75)
    assert "looks like another one" not in text(as_aino.get("/"))
    assert (here(), len(there(calendar))) == (sorted(["LUNCH", "Lunch"]), 2)


@pytest.mark.parametrize("what", ["renamed", "deleted"])
def test_r10_what_looks_alike_no_longer_is_settled_by_itself(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendar: MemoryCalendar, what: str
) -> None:
    run(aino_box)
    theirs = calendar.put(Entry("Lunch", LUNCH))
    lunch(aino, types)
    run(aino_box, 30)
    assert Hold.objects.get().reason == "duplicate"
    if what == "renamed":
        calendar.edit(theirs, Entry("Lunch with Eero", LUNCH))
    else:
        calendar.remove(theirs)
    run(aino_box, 45)
    assert not Hold.objects.exists()


def test_r10_two_that_somebody_wanted_or_that_were_paired_are_no_duplicates(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendar: MemoryCalendar
) -> None:
    """S14: two equal lunches here and three there are three, two suppers here are two; at another time is another."""
    lunch(aino, types)
    lunch(aino, types)
    for _ in range(3):
        calendar.put(Entry("Lunch", LUNCH))
    run(aino_box)
    later = Timed(LUNCH.start + timedelta(hours=1), LUNCH.end + timedelta(hours=1))
    lunch(aino, types, "Supper")
    lunch(aino, types, "Supper")
    calendar.put(Entry("Supper", later))
    run(aino_box, 15)
    Mailbox.objects.update(full_wanted=True)
    run(aino_box, 30)
    assert not Hold.objects.exists()


def test_b11_each_is_decided_by_itself_too_and_the_list_is_paged(
    as_aino: Client, aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendar: MemoryCalendar
) -> None:
    fill(aino, types, calendar)
    run(aino_box)
    emptied(calendar)
    run(aino_box, 15)
    page = text(as_aino.get(f"{PAGE}waiting", {"reason": "many_deletion_here"}))
    assert page.count("<td><strong>") == 50
    assert f"Page 1 of {(MANY + 49) // 50}" in page
    hold = Hold.objects.get(title="Ours 3")
    where = f"{PAGE}waiting?reason=many_deletion_here"
    answer = {"reason": hold.reason, "answer": holds.DELETE, "one": hold.pk, "back": where}
    assert as_aino.post(f"{PAGE}waiting/decide", answer).headers["Location"] == where
    assert list(Pair.objects.filter(approved=True).values_list("event", flat=True)) == [
        hold.item.removeprefix("event:")
    ]
    run(aino_box, 30)
    assert "Ours 3" not in here()
    assert len(here()) == MANY - 1
    elsewhere = as_aino.post(f"{PAGE}waiting/decide", {**answer, "back": "//evil.example/"})
    assert elsewhere.headers["Location"] == PAGE


def test_b11_what_people_write_is_nothing_of_the_lists_own(as_aino: Client, aino_box: Mailbox) -> None:
    """Neither a title nor the address of the page is taken for a place in the list's lines."""
    for title in ("<b>[[id]]", ""):
        Hold.objects.create(mailbox=aino_box, item=f"event:{title}", reason="refused", title=title, detail="no-sense")
    query = "?reason=refused&amp;x=[[title]]&amp;y=[[nothing]]"
    page = text(as_aino.get(f"{PAGE}waiting{query.replace('&amp;', '&')}"))
    assert "<strong>&lt;b&gt;[[id]]</strong>" in page
    assert "<strong>(no name)</strong>" in page
    assert page.count(f'name="back" value="{PAGE}waiting{query}"') == 3


def test_b11_what_cannot_be_represented_may_be_left_and_what_was_refused_be_tried_again(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    calendar.put_unreadable("Odd series", "it repeats in a way that is not known here")
    run(aino_box)
    page = text(as_aino.get("/"))
    assert "Odd series" in page
    assert "cannot be represented here" in page
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "unrepresentable", "answer": holds.LEAVE})
    assert "Odd series" not in text(as_aino.get("/"))
    Mailbox.objects.update(full_wanted=True)
    run(aino_box, 15)
    assert "Odd series" not in text(as_aino.get("/"))
    Hold.objects.create(mailbox=aino_box, item="activity:x", reason="refused", detail="refused", title="Odd one")
    Mailbox.objects.update(full_wanted=False)
    as_aino.post(f"{PAGE}waiting/decide", {"reason": "refused", "answer": holds.TRY_AGAIN})
    aino_box.refresh_from_db()
    assert aino_box.full_wanted
    assert "Odd one" in text(as_aino.get("/"))


def test_b2_nobody_answers_for_another_nor_says_what_makes_no_sense(
    as_aino: Client, aino_box: Mailbox, eero_box: Mailbox
) -> None:
    Pair.objects.create(mailbox=eero_box, origin="o", event="e", born="there", state="live")
    hold = Hold.objects.create(mailbox=eero_box, item="event:e", reason="many_deletion_here", title="Eero's")
    for one in ("", hold.pk):
        as_aino.post(f"{PAGE}waiting/decide", {"reason": "many_deletion_here", "answer": holds.DELETE, "one": one})
    assert "Eero" not in text(as_aino.get(PAGE)) + text(
        as_aino.get(f"{PAGE}waiting", {"reason": "many_deletion_here"}, follow=True)
    )
    assert not Pair.objects.get().approved
    assert holds.decide(eero_box.pk, "many_deletion_here", holds.LEAVE) == 0
    assert holds.decide(eero_box.pk, "unrepresentable", holds.DELETE) == 0


def test_b11_administrators_see_how_much_waits_and_never_what(client: Client, boss: User, aino_box: Mailbox) -> None:
    for each in range(3):
        Hold.objects.create(mailbox=aino_box, item=f"event:{each}", reason="refused", title="Aino's surprise")
    client.force_login(boss)
    page = text(client.get("/settings/microsoft/"))
    assert "surprise" not in page
    assert '<td class="number" data-label="Waiting">3</td>' in page
