"""A company that begins: an administrator, an employee, and calendars that are not connected yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db import connections
from playwright.sync_api import Page, expect

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import worker
from almanakka.calendars.models import Cloud, Connection, Kind
from exchange_simulator import RunningSimulator

PASSWORD = "hanki-ja-kuura-77"
DOMAIN = "kuura.test"
HELSINKI = ZoneInfo("Europe/Helsinki")
DELEGATE_PASSWORD = "s3cret-of-calsync"


@dataclass
class House:
    """``url`` is where the pages are served."""

    url: str
    simulator: RunningSimulator
    company: Company
    boss: User
    aino: User

    @property
    def outlook(self) -> Any:
        return self.simulator.person(self.aino.email)

    def sign_in(self, page: Page, user: User) -> None:
        page.goto(f"{self.url}/accounts/login/")
        page.locator("[name=login]").fill(user.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main [type=submit]").first.click()
        expect(page).to_have_url(f"{self.url}/")

    def put(self, title: str, day: date, hour: int) -> str:
        """Put an entry of an hour into the employee's calendar in Microsoft; return its id."""
        start = datetime.combine(day, time(hour))
        zone = "FLE Standard Time"
        return str(
            self.outlook.create_event(
                {
                    "subject": title,
                    "start": {"dateTime": start.isoformat(), "timeZone": zone},
                    "end": {"dateTime": (start + timedelta(hours=1)).isoformat(), "timeZone": zone},
                }
            )
        )

    def starts(self, title: str) -> datetime:
        """Return when an entry in Microsoft starts, on the clocks of Helsinki."""
        (found,) = self.outlook.find(subject=title)
        return datetime.fromisoformat(found["startUtc"].rstrip("Z")[:26] + "+00:00").astimezone(HELSINKI)


def built(url: str, simulator: RunningSimulator, language: str) -> House:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    company = Company.objects.create(name="Kuura Oy", language=language)
    for name, category, default in (
        ("Palaveri", Category.CALENDAR_ENTRY, True),
        ("Oma", Category.PERSONAL, False),
        ("Projektityö", Category.PROJECT_TASK, False),
    ):
        ActivityType.objects.create(
            company=company, name=name, category=category, is_default=default, synchronised=default
        )
    people = [
        User.objects.create_user(
            f"{name}@{DOMAIN}", PASSWORD, company=company, full_name=f"{name.title()} Kuura", role=role
        )
        for name, role in (("pomo", Role.ADMINISTRATOR), ("aino", Role.EMPLOYEE))
    ]
    tenant = simulator.world.add_tenant(DOMAIN, "Kuura Oy")
    for person in people:
        tenant.add_user(person.email, str(person), admin=person.is_administrator)
    EmailAddress.objects.create(user=people[0], email=people[0].email, verified=True, primary=True)
    return House(url, simulator, company, *people)


def register(house: House) -> None:
    """Make the app registration that the connection is to use."""
    callback = f"{house.url}/settings/microsoft/granted"
    app = house.simulator.world.add_app(secret="s3cret", redirect_uris=[callback])
    Connection.objects.create(
        company=house.company,
        cloud=Cloud.OTHER,
        authority_url=house.simulator.base_url,
        graph_url=house.simulator.base_url,
        ca_bundle=house.simulator.ca_file or "",
        client_id=app.client_id,
        client_secret="s3cret",
    )


def set_up_server(house: House, version: str = "2019") -> None:
    """Set an Exchange Server up with a delegate account; its certificate's authority is one that we trust."""
    (tenant,) = house.simulator.world.tenants.values()
    house.simulator.world.add_exchange(tenant.id, "KUURA", version)
    house.simulator.control.add_account("calsync", DELEGATE_PASSWORD)
    Connection.objects.create(
        company=house.company, kind=Kind.EXCHANGE, ca_bundle=house.simulator.ca_file or "", ews_url=""
    )


def carry() -> None:
    """Let a worker do what waits; in a thread of its own, for the browser's driver has a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(worker.work, 2, wait=False).result()
        threads.submit(connections.close_all).result()
