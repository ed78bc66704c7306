"""How many requests the Exchange Server spoke makes: none to spare, in a mailbox of any size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.sync.entry import CANCELLED, Entry, Event, Override, ShowAs
from almanakka.sync.errors import Stale, Throttled
from exchange_simulator import RunningSimulator

from .calendar_contract import all_of, assert_same, collect, key, series, single
from .ews_outlook import EwsOutlook
from .graph_outlook import BEN, as_graph
from .outlook import NOW

EXCEPTIONS = {date(2026, 10, 12): CANCELLED, date(2026, 10, 19): Override(title="Cake")}


@pytest.fixture
def ews(simulator: RunningSimulator) -> Iterator[EwsOutlook]:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    simulator.world.clock.set(NOW)
    outlook = EwsOutlook(simulator, "2016")
    outlook.calendar.fetch(["unknown"])  # which server it is, is asked once and remembered
    outlook.sent.clear()
    yield outlook
    outlook.client.close()


def loaded(ews: EwsOutlook, singles: int, masters: int) -> None:
    entries = [single(f"Single {number}", day=1 + number % 28) for number in range(singles)]
    entries += [series(f"Series {number}") for number in range(masters)]
    results = ews.person.load_events([as_graph(entry) for entry in entries])
    assert all("id" in result for result in results)


@pytest.mark.parametrize("size", [0, 10, 1500])
def test_s16_a_look_without_news_is_one_request(ews: EwsOutlook, size: int) -> None:
    loaded(ews, size, size // 10)
    mark = collect(ews.calendar.listing()).watermark or ""
    ews.sent.clear()
    collect(ews.calendar.changes(mark))
    assert ews.sent == ["SyncFolderItems"]


def test_a_listing_makes_one_request_per_page_and_per_fifty_items(ews: EwsOutlook) -> None:
    loaded(ews, 1100, 45)
    assert len(collect(ews.calendar.listing()).events) == 1145
    # 1,145 by at most 512, by 250 and by 50
    assert Counter(ews.sent) == {"SyncFolderItems": 3, "FindItem": 5, "GetItem": 23}


def test_one_edit_of_theirs_is_two_requests(ews: EwsOutlook) -> None:
    id = ews.put(single())
    mark = collect(ews.calendar.listing()).watermark or ""
    ews.retitle(id, "Dinner")
    ews.sent.clear()
    assert len(collect(ews.calendar.changes(mark)).events) == 1
    assert ews.sent == ["SyncFolderItems", "GetItem"]


def test_the_echo_of_our_own_writes_is_not_read(ews: EwsOutlook) -> None:
    ews.simulator.world.set_behaviour(saves_again=False)
    mark = collect(ews.calendar.listing()).watermark or ""
    made = all_of(ews.calendar.create_all([(single(str(day), day=1 + day), key()) for day in range(9)]))
    known = {each.id: each.change_key for each in made if isinstance(each, Event)}
    ews.sent.clear()
    assert collect(ews.calendar.changes(mark, lambda ids: known)).events == []
    assert ews.sent == ["SyncFolderItems"]


@pytest.mark.parametrize(("number", "requests"), [(1, 2), (20, 2), (50, 2), (120, 6)])
def test_fresh_entries_are_made_fifty_at_a_time_and_looked_at_once(ews: EwsOutlook, number: int, requests: int) -> None:
    drafts = [(single(f"Lunch {each}", day=1 + each % 28), key()) for each in range(number)]
    assert all(isinstance(each, Event) for each in all_of(ews.calendar.create_all(drafts)))
    assert ews.sent == ["CreateItem", "GetItem"] * (requests // 2)


def test_only_where_an_earlier_try_may_have_gone_through_is_looked_first(ews: EwsOutlook) -> None:
    ews.calendar.create(single(), key())
    assert ews.sent == ["FindItem", "CreateItem", "GetItem"]


def test_a_series_is_made_with_its_changed_occurrences_in_six_requests(ews: EwsOutlook) -> None:
    """Looked up together, deleted together, changed together; and read with their own items."""
    ((made,),) = ews.calendar.create_all([(series(exceptions=EXCEPTIONS), key())])
    assert isinstance(made, Event)
    assert Counter(ews.sent) == {"CreateItem": 1, "GetItem": 4, "DeleteItem": 1, "UpdateItem": 1}


@pytest.mark.parametrize("entry", [single(), series()], ids=["single", "series"])
def test_one_edit_of_ours_is_two_requests(ews: EwsOutlook, entry: Entry) -> None:
    event = ews.calendar.create(entry, key())
    ews.sent.clear()
    event = ews.calendar.update(event.id, event.change_key, event.entry, replace(event.entry, title="Dinner"))
    assert ews.sent == ["UpdateItem", "GetItem"]
    ews.sent.clear()
    ews.calendar.delete(event.id, event.change_key)
    assert ews.sent == ["GetItem", "DeleteItem"]


# --- between two requests of one write -----------------------------------------------------------


def between(ews: EwsOutlook, number: int, act: Callable[[], None]) -> EwsCalendar:
    """Our calendar; somebody does something right before our request of that number."""
    sent = ews.sent

    def on_request(method: str, name: str) -> None:
        sent.append(name)
        if len(sent) == number:
            act()

    ews.client._on_request = on_request
    return ews.calendar


def retitle(ews: EwsOutlook) -> None:
    (event,) = ews.person.dump()["events"]
    ews.person.edit_event(event["id"], {"subject": "Theirs"})


def test_b5_what_is_edited_while_it_is_created_is_not_taken_for_what_we_wrote(ews: EwsOutlook) -> None:
    """The engine postpones it, finds it by its key, and sees their change for what it is."""
    calendar = between(ews, 2, lambda: retitle(ews))
    origin = key()
    ((outcome,),) = calendar.create_all([(single(), origin)])
    assert isinstance(outcome, Stale)
    found = calendar.find(origin)
    assert found is not None
    assert found.entry.title == "Theirs"


def test_b5_what_is_edited_right_after_an_update_is_not_taken_for_what_we_wrote(ews: EwsOutlook) -> None:
    event = ews.calendar.create(single(), key())
    ews.sent.clear()
    calendar = between(ews, 2, lambda: retitle(ews))
    with pytest.raises(Stale):
        calendar.update(event.id, event.change_key, event.entry, replace(event.entry, title="Ours"))


@pytest.mark.parametrize("number", [3, 4])
def test_b5_what_is_edited_while_occurrences_are_written_is_not_taken_for_what_we_wrote(
    ews: EwsOutlook, number: int
) -> None:
    """Before an occurrence is looked up, or written; the feed tells of it."""
    event = ews.calendar.create(series(), key())
    day, override = next((day, each) for day, each in EXCEPTIONS.items() if not each.cancelled)
    ews.sent.clear()
    calendar = between(ews, number, lambda: retitle(ews))
    wanted = replace(event.entry, title="Ours", exceptions={day: override})
    found = calendar.update(event.id, event.change_key, event.entry, wanted)
    assert ews.sent[2:4] == ["GetItem", "UpdateItem"]
    assert (found.entry.title, sorted(found.entry.exceptions), found.change_key) == ("Ours", [day], "")
    assert ews.person.dump()["events"][0]["subject"] == "Theirs"


@pytest.mark.parametrize("elsewhere", ["2007", "2010"])
def test_what_the_server_makes_of_it_by_itself_is_no_edit(ews: EwsOutlook, elsewhere: str) -> None:
    """It saves everything once more, and older ones know nobody who works elsewhere."""
    world = ews.simulator.world
    assert world.exchange is not None
    world.exchange.version = elsewhere
    ews.client.dialect = None
    calendar = ews.calendar
    made = calendar.create(single(show_as=ShowAs.ELSEWHERE, notes=" a \n"), key())
    assert made.entry.show_as is ShowAs.FREE
    wanted = replace(made.entry, title="Renamed", show_as=ShowAs.ELSEWHERE)
    after = calendar.update(made.id, made.change_key, made.entry, wanted)
    assert_same(after.entry, replace(wanted, show_as=ShowAs.FREE))


@pytest.mark.parametrize("number", [2, 3])
def test_b1_a_series_just_made_is_left_alone_once_somebody_is_invited_to_it(ews: EwsOutlook, number: int) -> None:
    def invite() -> None:
        (made,) = ews.person.dump()["events"]
        ews.person.invite(made["id"], [BEN])

    calendar = between(ews, number, invite)
    ((outcome,),) = calendar.create_all([(series(exceptions=EXCEPTIONS), key())])
    assert isinstance(outcome, Stale)
    (found,) = ews.person.dump()["events"]
    assert (found["exceptions"], found["cancelled"]) == ([], [])
    assert ews.mails() == 0


@pytest.mark.parametrize("number", [1, 2, 3])
def test_b1_an_occurrence_is_left_alone_once_somebody_is_invited_to_its_series(ews: EwsOutlook, number: int) -> None:
    """However late: right before the write itself, too."""
    event = ews.calendar.create(series(), key())
    day, override = next((day, each) for day, each in EXCEPTIONS.items() if not each.cancelled)
    ews.sent.clear()
    calendar = between(ews, number, lambda: ews.person.invite(ews.person.dump()["events"][0]["id"], [BEN]))
    with pytest.raises(Stale):
        calendar.update(event.id, event.change_key, event.entry, replace(event.entry, exceptions={day: override}))
    assert ews.sent[-1] != "UpdateItem"
    assert (ews.person.dump()["events"][0]["exceptions"], ews.mails()) == ([], 0)


# --- trouble with some of many -------------------------------------------------------------------


def test_a_server_that_is_busy_in_the_middle_of_a_batch_loses_nothing(ews: EwsOutlook) -> None:
    world = ews.simulator.world
    world.faults.add("status", method="GetItem", code="ErrorServerBusy", after=1)
    drafts = [(series(exceptions=EXCEPTIONS), key()), (single(), key()), (series("Two", exceptions=EXCEPTIONS), key())]
    first, second, third = all_of(ews.calendar.create_all(drafts))
    assert isinstance(first, Throttled)
    assert isinstance(second, Event)
    assert third is first
    assert [ews.calendar.find(origin) is not None for _, origin in drafts] == [True] * 3
