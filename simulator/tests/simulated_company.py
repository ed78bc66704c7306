"""A company in the simulator, and a bare HTTP client for its calendars."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import requests

from exchange_simulator import App, Person, RunningSimulator, Tenant

HELSINKI = "FLE Standard Time"
IMMUTABLE = 'IdType="ImmutableId"'
MARKER = "String {5d1f9a40-2b6c-4f0e-8a35-0c9d1e7b6f21} Name originKey"
_numbers = itertools.count(1)


def at(text: str, zone: str = HELSINKI) -> dict[str, str]:
    """Graph's dateTimeTimeZone."""
    return {"dateTime": text if "T" in text else f"{text}T00:00:00", "timeZone": zone}


def event(subject: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    """An event's body."""
    return {"subject": subject, "start": at(start), "end": at(end), **more}


def weekly(*days: str, start: str, **span: Any) -> dict[str, Any]:
    """A weekly recurrence from a date."""
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": list(days), "firstDayOfWeek": "monday"}
    return {"pattern": pattern, "range": {"type": "noEnd", "startDate": start, **span}}


@dataclass
class Company:
    """A tenant with Anna and Ben, an app that has consent, and its session."""

    simulator: RunningSimulator
    tenant: Tenant
    app: App
    anna: Person
    ben: Person
    session: requests.Session

    @property
    def anna_url(self) -> str:
        return f"{self.simulator.graph_url}/users/{self.anna.address}"

    @property
    def ben_url(self) -> str:
        return f"{self.simulator.graph_url}/users/{self.ben.address}"

    def token_request(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": "s3cret",
            "scope": "https://graph.microsoft.com/.default",
        } | changes
        url = f"{self.simulator.base_url}/{self.tenant.id}/oauth2/v2.0/token"
        return self.session.post(url, data={k: v for k, v in form.items() if v}, headers={"Authorization": ""})

    def call(self, method: str, url: str, *, status: int | None = None, prefer: str = IMMUTABLE, **more: Any) -> Any:
        """One request; its JSON, after checking the status (2xx unless given)."""
        full = url if url.startswith("http") else f"{self.anna_url}/{url}"
        headers = {"Prefer": prefer, **more.pop("headers", {})}
        response = self.session.request(method, full, headers=headers, timeout=60, **more)
        expected = response.ok if status is None else response.status_code == status
        assert expected, f"{response.status_code} {response.text[:600]}"
        return response.json() if response.content else None

    def get(self, url: str, **more: Any) -> Any:
        return self.call("GET", url, **more)

    def create(self, body: dict[str, Any], url: str = "calendar/events", **more: Any) -> Any:
        return self.call("POST", url, json=body, **more)

    def change(self, event_id: str, body: dict[str, Any], **more: Any) -> Any:
        return self.call("PATCH", f"events/{event_id}", json=body, **more)

    def delete(self, event_id: str, **more: Any) -> None:
        self.call("DELETE", f"events/{event_id}", **more)

    def values(self, url: str, **more: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        following: str | None = url
        while following:
            page = self.get(following, **more)
            more.pop("params", None)
            found.extend(page["value"])
            following = page.get("@odata.nextLink")
        return found

    def instances(self, master: str, start: str = "2026-01-01", end: str = "2028-01-01") -> list[dict[str, Any]]:
        window = {"startDateTime": f"{start}T00:00:00Z", "endDateTime": f"{end}T00:00:00Z", "$top": "500"}
        return self.values(f"events/{master}/instances", params=window)

    def master(self, event_id: str) -> Any:
        """A master with its cancelled and exception occurrences."""
        options = {
            "$select": "subject,start,end,type,iCalUId,recurrence,cancelledOccurrences,exceptionOccurrences",
            "$expand": "exceptionOccurrences",
        }
        return self.get(f"events/{event_id}", params=options)

    def delta(self, link: str | None = None, **more: Any) -> tuple[list[dict[str, Any]], str]:
        """All rows of a delta round and its deltaLink."""
        rows: list[dict[str, Any]] = []
        following = link or (
            f"{self.anna_url}/calendarView/delta?startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"
        )
        while True:
            page = self.get(following, **more)
            rows.extend(page["value"])
            if "@odata.deltaLink" in page:
                return rows, page["@odata.deltaLink"]
            following = page["@odata.nextLink"]


def found_company(simulator: RunningSimulator) -> Company:
    """A fresh company in a world that others use too."""
    number = next(_numbers)
    domain = f"company{number}.test"
    tenant = simulator.world.add_tenant(domain, f"Company {number}")
    for name in ("anna", "ben"):
        tenant.add_user(f"{name}@{domain}", f"{name.title()} {number}", aliases=[f"{name}.alias@{domain}"])
    app = simulator.world.add_app(secret="s3cret", redirect_uris=["https://app.test/granted?x=1"])
    tenant.consent(app)
    session = requests.Session()
    session.trust_env = False
    session.verify = simulator.ca_file or False
    token = simulator.control.issue_token(tenant.id, app.client_id)["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    people = [simulator.person(f"{name}@{domain}") for name in ("anna", "ben")]
    return Company(simulator, tenant, app, people[0], people[1], session)
