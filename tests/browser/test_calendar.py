"""The calendar as people use it: colleagues side by side, the keyboard, the card of an entry, the editor beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.sync.recurrence import Kind, Recurrence
from exchange_simulator import RunningSimulator

from .house import House, built

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = date(2026, 3, 2)
#: Ten o'clock in Helsinki.
TEN = datetime(2026, 3, 3, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = "/calendar/?week=2026-03-02"


@pytest.fixture
def house(live_server: Any, served: RunningSimulator) -> House:
    return built(live_server.url, served, "en")


def made(house: House, owner: User, name: str, **fields: Any) -> Activity:
    kind = ActivityType.objects.get(is_default=True)
    usual = {"start": TEN, "end": TEN + HOUR, "time_zone": "Europe/Helsinki", "type_id": kind.pk}
    draft = Draft(**{**usual, "owner_id": owner.pk, "name": name, **fields})
    return changes.create(house.company.pk, draft, Origin(edited_at=TEN))


def grid(page: Page, house: House, path: str = WEEK) -> Locator:
    page.goto(f"{house.url}{path}")
    return page.locator("#grid")


def entry(page: Page, name: str) -> Locator:
    return page.locator("#grid [data-key]").filter(has_text=name).first


def test_b9_colleagues_are_side_by_side_and_what_is_private_is_only_busy(
    house: House, look: Callable[..., Page]
) -> None:
    made(house, house.boss, "Own meeting")
    made(house, house.aino, "Open meeting", start=TEN + 2 * HOUR, end=TEN + 3 * HOUR)
    hidden = {"location": "Secret clinic", "notes": "Secret notes", "is_private": True}
    private = made(house, house.aino, "Secret doctor", start=TEN + 4 * HOUR, end=TEN + 5 * HOUR, **hidden)
    page = look(viewport={"width": 1280, "height": 900})
    heard: list[str] = []
    page.on("response", lambda answer: heard.append(answer.url) if "/calendar" in answer.url else None)
    house.sign_in(page, house.boss)
    shown = grid(page, house)
    expect(shown.get_by_text("Own meeting")).to_be_visible()
    expect(shown.get_by_text("Open meeting")).to_have_count(0)
    page.locator("summary", has_text="1 calendar").click()
    page.get_by_label("Pomo Kuura").check()
    page.get_by_label("Aino Kuura").check()
    page.get_by_role("button", name="Show these").click()
    expect(shown.get_by_text("PK · Own meeting")).to_be_visible()
    expect(shown.get_by_text("AK · Open meeting")).to_be_visible()
    expect(shown.get_by_text("AK · Busy")).to_be_visible()
    legend = page.get_by_label("What the colours mean")
    expect(legend).to_contain_text("PK Pomo Kuura")
    expect(legend).to_contain_text("AK Aino Kuura")
    for secret in ("Secret", str(private.pk)):
        assert secret not in page.content()
    feed = page.request.get(next(url for url in reversed(heard) if "/calendar/items" in url)).text()
    assert "Secret" not in feed
    assert str(private.pk) not in feed
    assert {each["title"] for each in json.loads(feed)} == {"Own meeting", "Open meeting", "Busy"}
    page.goto(f"{house.url}/activities/")
    expect(grid(page, house).get_by_text("AK · Open meeting")).to_be_visible()


def test_an_entry_is_moved_and_resized_with_the_keyboard(house: House, look: Callable[..., Page]) -> None:
    activity = made(house, house.boss, "Board")
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    grid(page, house)
    told = page.locator("#grid-told")
    entry(page, "Board").focus()
    page.keyboard.press("m")
    expect(told).to_contain_text("the arrow keys move it")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("Wednesday")
    page.keyboard.press("Escape")
    expect(told).to_have_text("It stays as it was.")
    page.keyboard.press("m")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(told).to_contain_text("Wednesday")
    with page.expect_response("**/move") as answer:
        page.keyboard.press("Enter")
    assert answer.value.ok
    expect(told).to_contain_text("Moved: Wednesday")
    activity.refresh_from_db()
    assert (activity.start, activity.end - activity.start) == (
        TEN + timedelta(days=1, minutes=30),
        timedelta(minutes=75),
    )
    expect(entry(page, "Board")).to_be_focused()


def test_keys_move_through_time(house: House, look: Callable[..., Page]) -> None:
    made(house, house.boss, "Board")
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    shown = grid(page, house)
    expect(shown.get_by_text("Board")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(shown.get_by_text("Board")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(shown.get_by_text("Board")).to_be_visible()
    page.keyboard.press("t")
    expect(shown.get_by_text("Board")).to_have_count(0)


def test_the_card_of_an_entry_says_what_it_is_and_esc_gives_the_focus_back(
    house: House, look: Callable[..., Page]
) -> None:
    made(house, house.boss, "Board", participants=[house.aino.pk], location="Saimaa")
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    grid(page, house)
    entry(page, "Board").focus()
    page.keyboard.press("Enter")
    card = page.locator("#card")
    for said in ("Board", "Palaveri", "Saimaa", "Aino Kuura no answer", "10:00–11:00"):
        expect(card).to_contain_text(said)
    found = Axe().run(page, context={"include": [["#card"]]})
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(entry(page, "Board")).to_be_focused()


def test_an_entry_is_made_changed_and_deleted_beside_the_grid(house: House, look: Callable[..., Page]) -> None:
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    grid(page, house)
    page.keyboard.press("n")
    panel = page.locator("#panel")
    panel.get_by_label("Name", exact=True).fill("Review")
    panel.get_by_label("Starts on").fill("2026-03-03")
    panel.get_by_label("Ends on").fill("2026-03-03")
    panel.get_by_label("Time", exact=True).first.fill("10:00")
    panel.get_by_label("Time", exact=True).last.fill("09:00")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("It ends before it starts.")
    panel.get_by_label("Time", exact=True).last.fill("11:00")
    expect(panel.get_by_label("Which one")).to_be_hidden()
    panel.get_by_label("Repeats").select_option("weekly")
    expect(panel.locator("#rule-said")).to_have_text("Every Tuesday.")
    panel.get_by_label("Every", exact=True).fill("2")
    panel.get_by_label("Ends", exact=True).select_option("until")
    panel.get_by_label("Last day").fill("2026-12-18")
    expect(panel.locator("#rule-said")).to_contain_text("Every second Tuesday until")
    found = Axe().run(page, context={"include": [["#panel"]]})
    assert found.violations_count == 0, found.generate_report()
    panel.get_by_role("button", name="Save").click()
    expect(page.locator("#grid-told")).to_have_text("It is saved.")
    expect(panel).to_be_hidden()
    entry(page, "Review").click()
    page.locator("#card").get_by_role("button", name="Change this occurrence").click()
    panel.get_by_label("Name", exact=True).fill("Review, moved")
    panel.get_by_label("Starts on").fill("2026-03-05")
    panel.get_by_label("Ends on").fill("2026-03-05")
    panel.get_by_role("button", name="Save").click()
    expect(page.locator("#grid").get_by_text("Review, moved")).to_be_visible()
    rule = Activity.objects.get().recurrence
    assert (rule["interval"], rule["days"], rule["until"]) == (2, [1], "2026-12-18")
    entry(page, "Review, moved").click()
    page.locator("#card").get_by_role("button", name="Open").click()
    panel.get_by_text("Delete it", exact=True).click()
    expect(panel.get_by_text("It goes for everybody who takes part")).to_be_visible()
    panel.get_by_role("button", name="Delete this and all that follow").click()
    expect(page.locator("#grid-told")).to_have_text("It is deleted.")
    assert not Activity.objects.exists()


def test_what_is_drawn_is_made(house: House, look: Callable[..., Page]) -> None:
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    grid(page, house, f"{WEEK}&pick=1")
    made(house, house.boss, "Dragged")
    page.reload()
    drag(page, entry(page, "Dragged"))
    expect(page.locator("#grid-told")).to_have_text("")
    page.wait_for_function("document.querySelector('#grid [data-key]') !== null")
    moved = Activity.objects.get()
    assert moved.end - moved.start == HOUR


def test_the_card_that_has_come_by_itself_is_not_in_the_way_of_what_is_moved(
    house: House, look: Callable[..., Page]
) -> None:
    made(house, house.boss, "Dragged")
    page = look(viewport={"width": 1280, "height": 900})
    house.sign_in(page, house.boss)
    grid(page, house)
    entry(page, "Dragged").hover()
    expect(page.locator("#card")).to_be_visible()  # over the day to which the entry goes
    drag(page, entry(page, "Dragged"))
    assert Activity.objects.get().start == TEN + timedelta(days=1)
    expect(page.locator("#card")).to_be_hidden()


def drag(page: Page, what: Locator) -> None:
    """Pull an entry a day further, once it has come to rest."""
    what.hover()
    box = what.bounding_box()
    assert box is not None
    with page.expect_response("**/move") as answer:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 1.6, box["y"] + 10, steps=8)
        page.mouse.up()
    assert answer.value.ok


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_rule_is_said_in_the_readers_language(house: House, look: Callable[..., Page], language: str) -> None:
    User.objects.update(language=language)
    rule = Recurrence(Kind.WEEKLY, date(2026, 3, 3), 2, days=frozenset((1,)), until=date(2026, 12, 18))
    series = made(house, house.boss, "Sarja", recurrence=rule)
    page = look(viewport={"width": 360, "height": 740})
    house.sign_in(page, house.boss)
    page.goto(f"{house.url}/activities/{series.pk}/edit")
    said = {"fi": "Joka toinen tiistai 18.12.2026 asti.", "sv": "Varannan tisdag till och med 2026-12-18."}
    expect(page.locator("#rule-said")).to_have_text(said[language])
