"""Pages to which no address leads alone: what is clicked and filled in before they are photographed."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse
from playwright.sync_api import Page

from almanakka.accounts.invitations import TOKENS

from .office import PASSWORD, Office

#: Three entries and a to-do, which is left out.
FILE = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//EN",
        *(
            line
            for number in range(3)
            for line in (
                "BEGIN:VEVENT",
                f"UID:{number}",
                f"SUMMARY:{number + 1}. Workshop",
                f"DTSTART:2026101{number + 5}T080000Z",
                f"DTEND:2026101{number + 5}T093000Z",
                "END:VEVENT",
            )
        ),
        "BEGIN:VTODO",
        "UID:9",
        "SUMMARY:Call back",
        "END:VTODO",
        "END:VCALENDAR",
        "",
    )
)

Scene = Callable[[Page, str, Office], None]


def second_step_asked(page: Page, url: str, house: Office) -> None:
    """After the password, somebody who has a second step."""
    page.goto(url + reverse("account_login"))
    page.locator("[name=login]").fill(house.sanni.email)
    page.locator("[name=password]").fill(PASSWORD)
    _submit(page, "account_login")


def recovery_codes(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("mfa_generate_recovery_codes"))
    _submit(page, "mfa_generate_recovery_codes")


def recovery_codes_hidden(page: Page, url: str, house: Office) -> None:
    for _ in ("they are shown once", "and never again"):
        page.goto(url + reverse("mfa_view_recovery_codes"))


def new_password(page: Page, url: str, house: Office) -> None:
    key = default_token_generator.make_token(house.eero)
    page.goto(url + reverse("account_reset_password_from_key", args=[user_pk_to_url_str(house.eero), key]))


def new_password_over(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("account_reset_password_from_key", args=[user_pk_to_url_str(house.eero), "over"]))


def address_asked(page: Page, url: str, house: Office) -> None:
    key = EmailConfirmationHMAC(EmailAddress.objects.get(user=house.onni)).key
    page.goto(url + reverse("account_confirm_email", args=[key]))


def address_over(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("account_confirm_email", args=["over"]))


def invited(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("invitation", args=[house.onni.pk, TOKENS.make_token(house.onni)]))


def invited_over(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("invitation", args=[house.onni.pk, "over"]))


def code_written(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("calendar-sync"))
    if not page.locator("[name=code]").count():
        _submit(page, "calendar-sync-code")


def granting(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("microsoft-exchange") + "?kind=graph")
    _submit(page, "microsoft-grant")


def file_chosen(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("calendar-import"))
    if page.locator("[type=file]").count():
        page.locator("[type=file]").set_input_files(
            {"name": "calendar.ics", "mimeType": "text/calendar", "buffer": FILE.encode()}
        )
        _submit(page, "calendar-import-file")


def types_chosen(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("activities"))
    boxes = page.locator("main [name=activity]")
    for number in range(3):
        boxes.nth(number).check()
    page.locator("main form [name=type]").last.select_option(index=3)
    _submit(page, "activities-types")


def entry_opened(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("calendar"), wait_until="networkidle")
    name = house.meeting.name
    if page.locator("#grid").is_visible():
        page.locator("#grid").get_by_text(name).first.click()
        page.locator("#card dl").wait_for()
    else:  # a phone has the list, in which a tap opens the page
        page.locator("#week").get_by_text(name).first.click()
        page.wait_for_load_state()


def entry_changed(page: Page, url: str, house: Office) -> None:
    entry_opened(page, url, house)
    page.locator("a[href*='/edit']").locator("visible=true").first.click()
    page.locator("form.editor").wait_for()


def script_written(page: Page, url: str, house: Office) -> None:
    page.goto(f"{url}{reverse('microsoft-script')}?server=2013&purpose=grant")
    page.locator("[name=account]").fill("CONTOSO\\calsync")
    page.locator("[name=recipient_filter]").fill("Department -eq 'Design'")
    page.locator("main form [type=submit]").last.click()
    page.wait_for_load_state()


def microsoft_signing_in(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("account_login"))
    page.locator("[name=login]").fill(house.eero.email)
    page.locator(f"[formaction='{reverse('microsoft-sign-in')}']").click()
    page.wait_for_load_state()


def nowhere(page: Page, url: str, house: Office) -> None:
    page.goto(f"{url}/nowhere")


def forbidden(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("settings"))


def form_too_old(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("account_login"))
    page.locator("[name=login]").fill(house.eero.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.context.clear_cookies()
    _submit(page, "account_login")


def fault(page: Page, url: str, house: Office) -> None:
    with patch("almanakka.calendars.views.render", side_effect=RuntimeError("unforeseen")):
        page.goto(url + reverse("status"))


def menu_opened(page: Page, url: str, house: Office) -> None:
    page.goto(url + reverse("home"))
    page.locator(".bar summary").locator("visible=true").first.click()


def deletion_unfolded(page: Page, url: str, house: Office) -> None:
    page.goto(f"{url}{reverse('activity', args=[house.series.pk])}?day={house.series.start.date()}")
    page.locator("main details summary").click()


def _submit(page: Page, name: str) -> None:
    page.locator(f"form[action='{reverse(name)}'] [type=submit]").first.click()
    page.wait_for_load_state()
