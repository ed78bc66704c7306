"""Every page on a phone, in the language with the longest words: nothing sticks out, is cut off or torn apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from pages import addresses, crowd
from screenshots.views import WITHOUT

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
#: Answers of buttons, and parts of pages.
NO_PAGES = {*WITHOUT, "calendar-card", "activities-types", "microsoft-grant", "microsoft-sign-in", "microsoft-back"}
#: Says of a page what is wider than the window, which words are cut off, and which are torn apart at no hyphen.
FAULTS = r"""() => {
  const found = [], room = window.innerWidth, wide = document.documentElement.scrollWidth;
  const shown = each => each.checkVisibility({visibilityProperty: true}) && !each.closest(".skip");
  const say = (what, part) => found.push(`${what}: ${part.outerHTML.replace(/\s+/g, " ").slice(0, 120)}`);
  const around = (text, start) => text.slice(0, start).match(/\S*$/)[0] + text.slice(start).match(/^\S*/)[0];
  if (wide > room) found.push(`${wide} wide in a window of ${room}`);
  for (const part of document.querySelectorAll("body *")) {
    if (!shown(part)) continue;
    const style = getComputedStyle(part), box = part.getBoundingClientRect();
    if (box.width && box.right > room + 1 && !part.closest(".scroll")) say("beyond the edge", part);
    if (style.overflowX === "hidden" && part.scrollWidth > part.clientWidth + 1 && part.innerText) say("cut off", part);
    const text = part.matches("select:not([multiple])") ? part.selectedOptions[0]?.text : part.placeholder;
    if (text) {
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = style.font;
      const space = part.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (pen.measureText(text).width > space + 1) say("cut off", part);
    }
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, part = text.parentElement;
    if (part.closest("script, style, option, code, pre") || !shown(part)) continue;
    for (const word of text.data.matchAll(/[\p{L}\p{N}]+/gu)) {
      const range = document.createRange(), end = word.index + word[0].length;
      if (around(text.data, word.index).length > 30) continue;  // an address or a key, which breaks anywhere
      range.setStart(text, word.index);
      range.setEnd(text, end);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) say(`“${word[0]}” torn`, part);
    }
  }
  return found;
}"""


def faults(page: Page, url: str, asked: list[addresses.Address]) -> list[str]:
    found = []
    for address in asked:
        page.goto(f"{url}{address.path}", wait_until="domcontentloaded")
        assert page.locator("h1").count(), address.path
        found += [f"{address.path}: {fault}" for fault in page.evaluate(FAULTS)]
    return found


def test_everything_fits_a_phone_in_finnish(live_server: Any, look: Callable[..., Page]) -> None:
    now = datetime.now(UTC)
    company = crowd.founded("kuura.test", now)
    company.company.language = "fi"
    company.company.save()
    crowd.grow(company, now, people=2, projects=1, activities=120, days=(7, 8))
    every = addresses.every(crowd.arguments(company), crowd.words(company, now.date()))
    asked = [each for each in every if "?" not in each.name and each.name not in NO_PAGES]
    page = look(viewport=PHONE, locale="fi")
    strangers = [each for each in asked if each.name.startswith("account_") or each.name in ("invitation", "status")]
    found = faults(page, live_server.url, strangers)
    page.goto(f"{live_server.url}/accounts/login/")
    page.locator("[name=login]").fill(company.boss.email)
    page.locator("[name=password]").fill(crowd.PASSWORD)
    page.locator("main [type=submit]").first.click()
    page.wait_for_url(f"{live_server.url}/")
    found += faults(page, live_server.url, [each for each in asked if each not in strangers])
    page.goto(f"{live_server.url}/calendar/")
    for menu in page.locator("main details").all():
        menu.locator("summary").click()
        found += page.evaluate(FAULTS)
        menu.locator("summary").click()
    assert not found, "\n".join(found)
    assert len(asked) > 40
