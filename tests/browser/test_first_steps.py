"""From the first sign-in to an entry that is moved here and so is moved in Microsoft (S3, S5, S6, S8, S12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from almanakka.activities.models import Activity
from exchange_simulator import RunningSimulator

from .house import DELEGATE_PASSWORD, HELSINKI, House, built, carry, register, set_up_server

pytestmark = pytest.mark.django_db(transaction=True)


def say(language: str, words: str) -> str:
    with override(language):
        return gettext(words)


def press(page: Page, language: str, words: str) -> None:
    """Click the button or the link that says so, and wait for the page that answers."""
    name = say(language, words)
    click(page, page.locator("main").locator("button, a").filter(has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$")))


def click(page: Page, what: Locator) -> None:
    with page.expect_navigation():
        what.first.click()


@pytest.fixture(params=["fi", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(live_server: Any, served: RunningSimulator, language: str) -> House:
    return built(live_server.url, served, language)


def employee_switches_on(page: Page, house: House, language: str) -> None:
    """Sign in, prove the address, preview, switch on, and see the calendar fill."""
    day = datetime.now(HELSINKI).date() + timedelta(days=1)
    house.put("Kahvihetki", day, 9)
    house.sign_in(page, house.aino)
    page.goto(f"{house.url}/profile/calendar-sync/")
    press(page, language, "Send me the link")
    link = next(word for word in mail.outbox[-1].body.split() if "/accounts/confirm-email/" in word)
    page.goto(link)
    click(page, page.locator("main [type=submit]"))
    page.goto(f"{house.url}/profile/calendar-sync/")
    press(page, language, "Preview the first synchronisation")
    expect(page.locator("main")).to_contain_text("Kahvihetki")
    assert not Activity.objects.exists()
    press(page, language, "Switch on for me")
    carry()
    page.goto(f"{house.url}/calendar/?week={day}")
    expect(page.locator("#grid")).to_contain_text("Kahvihetki")


def moves_it(page: Page, house: House, language: str) -> None:
    activity = Activity.objects.get()
    page.goto(f"{house.url}/activities/{activity.pk}/")
    press(page, language, "Change")
    page.locator("[name=starts]").fill("14:30")
    page.locator("[name=ends]").fill("15:00")
    press(page, language, "Save")
    expect(page.locator("main")).to_contain_text("14.30" if language == "fi" else "14:30")
    carry()
    assert f"{house.starts('Kahvihetki'):%H:%M}" == "14:30"


def test_a_company_in_microsoft_365(look: Callable[..., Page], house: House, language: str) -> None:
    register(house)
    page = look(locale=language)
    house.sign_in(page, house.boss)
    page.goto(f"{house.url}/settings/microsoft/")
    press(page, language, "Grant permissions")
    press(page, language, "Go on at Microsoft")
    page.locator("#accept").click()
    expect(page).to_have_url(f"{house.url}/settings/microsoft/?kind=graph")
    page.locator("[name=address]").fill(house.aino.email)
    press(page, language, "Run the check")
    expect(page.locator("#check + *, section:has(#check) li").first).to_be_visible()
    expect(page.locator("section:has(#check) .failing")).to_have_count(0)
    press(page, language, "Enable Microsoft Exchange")
    expect(page.locator(".status.well").first).to_be_visible()
    employee = look(locale=language)
    employee_switches_on(employee, house, language)
    moves_it(employee, house, language)
    assert house.simulator.control.mails(cause="client")["mails"] == []


def test_a_company_with_an_exchange_server(look: Callable[..., Page], house: House, language: str) -> None:
    set_up_server(house)
    page = look(locale=language)
    house.sign_in(page, house.boss)
    page.goto(f"{house.url}/settings/microsoft/?kind=exchange")
    for name, value in {
        "domain": "KUURA",
        "ews_url": house.simulator.exchange_url,
        "delegate_name": "calsync",
        "new_password": DELEGATE_PASSWORD,
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=ca_bundle]").fill(Path(house.simulator.ca_file or "").read_text())
    press(page, language, "Save the connection")
    press(page, language, "Enable Microsoft Exchange")
    expect(page.locator(".status.well").first).to_be_visible()
    employee = look(locale=language)
    employee_switches_on(employee, house, language)
    moves_it(employee, house, language)
    assert house.simulator.control.mails(cause="client")["mails"] == []
