"""Every page as people meet it: for screen readers, on a phone, in the dark, and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from almanakka.accounts.invitations import TOKENS
from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.sync.recurrence import Kind, Recurrence
from exchange_simulator import RunningSimulator

from .house import PASSWORD, House, built, register

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "/",
    "/calendar/?as=list",
    "/activities/",
    "/activities/new",
    "/activities/{series}/",
    "/activities/{series}/edit?day={day}&extent=following",
    "/projects/",
    "/settings/",
    "/settings/company/",
    "/settings/users/",
    "/settings/types/",
    "/settings/microsoft/",
    "/settings/microsoft/?kind=exchange",
    "/settings/microsoft/script",
    "/profile/",
    "/profile/calendar-sync/",
    "/profile/calendar-sync/history",
    "/help/",
    "/status",
    "/accounts/email/",
    "/accounts/password/change/",
    "/nowhere",
)


@pytest.fixture
def house(live_server: Any, served: RunningSimulator) -> House:
    house = built(live_server.url, served, "en")
    register(house)
    return house


#: The grid's library names the columns of its days with a label and hides what is drawn, a number, from readers.
NAMED_OTHERWISE = {"rules": {"empty-table-header": {"enabled": False}}}
#: What says where the keys are: an outline or a ring of shadow around whatever has the focus.
RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
}"""


def tab_to(page: Page, path: str) -> None:
    """Press Tab until the link or the field that ``path`` selects has the focus; all on the way can be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(RING), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("path => document.activeElement.matches(path)", path):
            return
    raise AssertionError(f"{path} cannot be reached")


@pytest.fixture
def pages(house: House) -> list[str]:
    """The addresses of all pages, with an activity to look at."""
    start = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    rule = Recurrence(Kind.DAILY, start.date(), count=5)
    draft = Draft(
        type_id=ActivityType.objects.get(is_default=True).pk,
        owner_id=house.boss.pk,
        participants=[house.boss.pk, house.aino.pk],
        name="Viikon aloitus " + "ja pitkä sana " * 5 + "Lentokonesuihkuturbiinimoottoriapumekaanikko",
        location="Neukkari Saimaa",
        notes="Kahvia",
        start=start,
        end=start + timedelta(hours=1),
        time_zone="Europe/Helsinki",
        recurrence=rule,
    )
    series = changes.create(house.company.pk, draft, Origin(edited_at=start)).pk
    day = start.date() + timedelta(days=1)
    return [path.format(series=series, day=day) for path in PAGES]


def boss(page: Page, house: House) -> User:
    house.sign_in(page, house.boss)
    return house.boss


@pytest.mark.parametrize(
    "window",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "reduced_motion": "reduce"},
    ],
    ids=["desktop", "phone-dark"],
)
def test_screen_readers_and_narrow_windows(
    look: Callable[..., Page], house: House, pages: list[str], window: dict[str, Any]
) -> None:
    page, axe, found = look(**window), Axe(), []
    invited = f"/accounts/invitation/{house.aino.pk}"
    good = TOKENS.make_token(house.aino)
    for path in ("/accounts/login/", "/accounts/password/reset/", f"{invited}/{good}/", f"{invited}/over/"):
        page.goto(f"{house.url}{path}")
        found += [f"{path}: {each['id']}: {each['nodes'][0]['html']}" for each in axe.run(page).response["violations"]]
    boss(page, house)
    for path in pages:
        page.goto(f"{house.url}{path}")
        found += [f"{path}: {each['id']}: {each['nodes'][0]['html']}" for each in axe.run(page).response["violations"]]
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if width[0] > width[1]:
            found.append(f"{path} is {width[0]} wide in a window of {width[1]}")
    page.goto(f"{house.url}/calendar/")
    page.get_by_text("Viikon aloitus").locator("visible=true").first.wait_for()  # the grid draws itself
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour halfway
        answer = axe.run(page, options=NAMED_OTHERWISE).response
        found += [f"calendar, {scheme}: {each['id']}: {each['nodes'][0]['html']}" for each in answer["violations"]]
    assert found == []


def test_without_scripts(look: Callable[..., Page], house: House, pages: list[str]) -> None:
    page = look(java_script_enabled=False)
    boss(page, house)
    for path in pages:
        answer = page.goto(f"{house.url}{path}")
        assert answer is not None
        assert answer.status == (404 if path == "/nowhere" else 200)
        assert page.locator("h1").first.is_visible(), path
    page.goto(f"{house.url}/calendar/")
    assert page.locator("#week").get_by_text("Viikon aloitus").first.is_visible()


def test_keys_alone_lead_to_the_content(look: Callable[..., Page], house: House) -> None:
    page = look()
    boss(page, house)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")


def test_keys_alone_make_an_activity(look: Callable[..., Page], house: House) -> None:
    """From signing in to an activity that is there, without a mouse."""
    page = look(viewport={"width": 1280, "height": 900})
    page.goto(f"{house.url}/accounts/login/")
    tab_to(page, "[name=login]")
    page.keyboard.type(house.boss.email)
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/")
    tab_to(page, "nav a[href='/activities/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/activities/")
    tab_to(page, "a[href='/activities/new']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/activities/new")
    tab_to(page, "[name=name]")
    page.keyboard.type("Ilman hiirtä")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ilman hiirtä").wait_for()
    page.locator("summary", has_text=str(house.boss)).focus()
    page.keyboard.press("Enter")
    tab_to(page, "a[href='/profile/calendar-sync/']")


def test_nothing_moves_for_whoever_wants_it_still(look: Callable[..., Page], house: House) -> None:
    page = look(reduced_motion="reduce")
    boss(page, house)
    for path in ("/", "/calendar/", "/profile/calendar-sync/"):
        page.goto(f"{house.url}{path}")
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter(each => {
              const style = getComputedStyle(each);
              return style.animationName !== "none" || style.transitionDuration.split(",").some(d => parseFloat(d) > 0);
            }).map(each => each.outerHTML.slice(0, 80))"""
        )
        assert moving == [], path


def test_an_entry_is_dragged_in_the_grid(look: Callable[..., Page], house: House) -> None:
    """Half an hour down, as a mouse does it; the server has it then."""
    zone = house.boss.zone
    start = datetime.now(zone).replace(hour=10, minute=0, second=0, microsecond=0)
    kind = ActivityType.objects.get(is_default=True).pk
    draft = Draft(type_id=kind, owner_id=house.boss.pk, name="Siirtyy", start=start, end=start + timedelta(hours=1))
    activity = changes.create(house.company.pk, draft, Origin(edited_at=start.astimezone(UTC)))
    page = look(viewport={"width": 1280, "height": 1600})
    boss(page, house)
    page.goto(f"{house.url}/calendar/")
    entry = page.locator("#grid").get_by_text("Siirtyy").first
    entry.hover()  # once it has come to rest
    box = entry.bounding_box()
    assert box is not None
    with page.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, box["y"] + 60, steps=8)
        page.mouse.up()
    assert moved.value.status == 200
    activity.refresh_from_db()
    assert start < activity.start < start + timedelta(hours=4)
    assert activity.end - activity.start == timedelta(hours=1)
