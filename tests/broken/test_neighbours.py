"""One broken entry never blocks its mailbox: it waits with a reason, its neighbours travel, nothing is deleted (B8).

Whole runs over the database and a simulated Microsoft 365, whose answers are spoilt on their way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.values import Draft, InvalidActivity, Origin
from almanakka.calendars import clock, wiring
from almanakka.calendars.models import Cloud, Connection, Hold, Mailbox, Proof, Run
from almanakka.calendars.reasons import PHRASES
from almanakka.remote.graph.client import Client, Request
from almanakka.remote.graph.refusals import Answer
from exchange_simulator import Person, RunningSimulator, World, running

from .lies import TEXTS
from .rows import GUEST

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "s3cret"
Row = dict[str, Any]
Lie = Callable[[Row], object]


def both(**changes: Any) -> Lie:
    return lambda row: row | changes


def without(*names: str) -> Lie:
    return lambda row: {name: value for name, value in row.items() if name not in names}


#: What is done to the answers about one event, and the reason that its hold then gives.
LIES: dict[str, tuple[Lie, str]] = {
    "it ends before it starts": (both(end={"dateTime": "2020-01-01T00:00:00", "timeZone": "UTC"}), "ends-before-start"),
    "its zone is not known": (both(start={"dateTime": "2026-03-10T09:00:00", "timeZone": "Mars"}), "unknown-zone"),
    "it is on 30 February": (both(start={"dateTime": "2026-02-30T09:00:00", "timeZone": "UTC"}), "bad-time"),
    "it is in the year 1": (both(start={"dateTime": "0001-01-01T00:00:00", "timeZone": "UTC"}), "date-out-of-range"),
    "its attendees are left out": (without("attendees"), "no-sense"),
    "its title is a list": (both(subject=["x"]), "no-sense"),
    "its version is no version": (lambda row: row | {"changeKey": "a\r\nb\0", "@odata.etag": "\0"}, "no-version"),
    "its id is a number": (both(id=7), "no-sense"),
    "its id holds NUL": (both(id="a\0b"), "no-sense"),
    "it has no id": (without("id"), "no-sense"),
    "it is no event at all": (lambda row: None, "no-sense"),
    "it repeats without saying how": (both(type="seriesMaster"), "unclear-series"),
    "its title is 100,000 lists in one another": (both(subject="DEEP"), "no-sense"),
    "its attendees are 100,000 lists in one another": (both(attendees="DEEP"), "no-sense"),
}
DEEP = b"[" * 100_000 + b"]" * 100_000
#: What is no lie, or not one that matters: the entry travels as if nothing were the matter with it.
HARMLESS: dict[str, Lie] = {
    "controls and NUL": both(subject="Odd\0 one\x07", location={"displayName": "\0"}, iCalUId="uid\0"),
    "lone surrogates": both(subject="Odd\ud800 one", body={"contentType": "text", "content": "\udf56"}),
    "an address with NUL": both(attendees=[{**GUEST, "emailAddress": {"name": "\0", "address": "a\0@b.test"}}]),
    "20,000 attendees": both(attendees=[GUEST] * 20_000),
    "markup that raises": both(body={"contentType": "html", "content": "<![x[y]]>&#" + "9" * 5000 + ";"}),
    "what nobody asked for, 100,000 deep": both(extensions=[{"name": '"[{\\', "value": "DEEP"}, "DEEP"]),
    "made in the year 1": both(createdDateTime="0001-01-01T00:00:00Z", lastModifiedDateTime="0001-01-01T00:00:00Z"),
    "made in the year 9999": both(lastModifiedDateTime="9999-12-31T23:59:59Z", createdDateTime="9999-12-31T23:59:59Z"),
}


@dataclass
class Liar:
    """Spoils the answers about the events whose title holds a word, while there is a lie to tell."""

    word: str = "Odd"
    lie: Lie | None = None

    def answer(self, answer: Answer) -> Answer:
        if self.lie is None or self.word.encode() not in answer.body:
            return answer
        told = json.dumps(self._told(json.loads(answer.body))).encode()
        return replace(answer, body=told.replace(b'"DEEP"', DEEP))

    def _told(self, tree: Any) -> Any:
        assert self.lie is not None
        if isinstance(tree, list):
            return [self._told(each) for each in tree]
        if not isinstance(tree, dict):
            return tree
        if self.word in str(tree.get("subject", "")) and "@removed" not in tree:
            return self.lie(tree)
        return {name: self._told(value) for name, value in tree.items()}


@pytest.fixture
def liar(monkeypatch: pytest.MonkeyPatch) -> Liar:
    liar, honest = Liar(), Client._exchange

    def exchange(client: Client, url: str, request: Request, token: str) -> Answer:
        return liar.answer(honest(client, url, request, token))

    monkeypatch.setattr(Client, "_exchange", exchange)
    return liar


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@dataclass
class Office:
    """One person with a mailbox on both sides, and a clock that moves with every run."""

    simulator: RunningSimulator
    company: Company
    aino: User
    outlook: Person
    mailbox: Mailbox
    type: ActivityType
    now: datetime = NOW

    def run(self, *, full: bool = False) -> Run:
        self.now += timedelta(minutes=11)
        self.simulator.world.clock.set(self.now)
        if full:
            Mailbox.objects.update(full_wanted=True)
        with clock.stopped_at(self.now):
            row = wiring.run_mailbox(self.mailbox.pk, clock=lambda: self.now)
        assert row is not None
        assert (row.error_code, row.error_detail) == ("", "")
        return row

    def settle(self, *, full: bool = False) -> None:
        """Two runs: what the second has left to write would be written for ever."""
        self.run(full=full)
        self.run(full=full)
        assert self.run().written == 0

    def put(self, title: str, **changes: Any) -> str:
        times = {name: {"dateTime": f"2026-03-10T{hour}:00:00", "timeZone": "UTC"} for name, hour in HOURS.items()}
        return self.outlook.create_event({"subject": title, **times, **changes})

    def make(self, name: str, **fields: Any) -> Activity:
        usual = {
            "start": NOW + timedelta(days=3),
            "end": NOW + timedelta(days=3, hours=1),
            "time_zone": "Europe/Helsinki",
        }
        draft = Draft(type_id=self.type.pk, owner_id=self.aino.pk, name=name, **usual | fields)
        return changes.create(self.company.pk, draft, Origin(edited_at=self.now, by=self.aino.pk))

    def here(self) -> set[str]:
        return set(Activity.objects.filter(company=self.company).values_list("name", flat=True))

    def there(self) -> set[str]:
        return {event["subject"] for event in self.outlook.dump()["events"]}

    def held(self) -> list[str]:
        return list(Hold.objects.filter(mailbox=self.mailbox).values_list("detail", flat=True))


HOURS = {"start": "09", "end": "10"}


@pytest.fixture
def office(simulator: RunningSimulator, request: pytest.FixtureRequest, empty_queue: None) -> Office:
    simulator.world.clock.set(NOW)
    for forget in ("clear_mails", "clear_requests", "clear_faults"):
        getattr(simulator.control, forget)()
    domain = f"company{len(simulator.world.tenants)}.test"
    tenant, app = simulator.world.add_tenant(domain, "Kuura"), simulator.world.add_app(secret=SECRET)
    tenant.consent(app)
    address = f"aino@{domain}"
    there = tenant.add_user(address, "Aino")
    company = Company.objects.create(name="Kuura Oy", language="en")
    aino = User.objects.create_user(address, company=company, full_name="Aino Kuura")
    usual = ActivityType.objects.create(
        company=company, name="Meeting", category=Category.CALENDAR_ENTRY, synchronised=True, is_default=True
    )
    connection = Connection.objects.create(
        company=company,
        cloud=Cloud.OTHER,
        authority_url=simulator.base_url,
        graph_url=simulator.base_url,
        ca_bundle=simulator.ca_file,
        tenant_id=tenant.id,
        client_id=app.client_id,
        client_secret=SECRET,
        enabled=True,
        enabled_at=NOW,
    )
    mailbox = Mailbox.objects.create(
        user=aino,
        connection=connection,
        remote_id=there.id,
        address=address,
        time_zone="Europe/Helsinki",
        enabled=True,
        enabled_at=NOW,
        cutoff=NOW - timedelta(days=30),
        proven_at=NOW,
        proof=Proof.MAIL,
    )
    return Office(simulator, company, aino, simulator.person(address), mailbox, usual)


@pytest.mark.parametrize("name", LIES)
def test_a_broken_event_waits_and_its_neighbours_travel(name: str, office: Office, liar: Liar) -> None:
    liar.lie, code = LIES[name]
    office.put("Odd one")
    office.put("Neighbour")
    office.make("Ours")
    office.settle(full=True)
    assert office.here() == {"Neighbour", "Ours"}
    assert office.there() == {"Neighbour", "Ours", "Odd one"}
    assert office.held() == [PHRASES[code]]
    liar.lie = None  # somebody has mended it
    office.settle(full=True)
    assert office.here() == office.there() == {"Neighbour", "Ours", "Odd one"}
    assert office.held() == []


@pytest.mark.parametrize("name", LIES)
def test_an_event_that_breaks_later_is_neither_deleted_nor_doubled(name: str, office: Office, liar: Liar) -> None:
    event, _ = office.put("Odd one"), office.make("Odd mirror")
    office.settle()
    everything = {"Odd one", "Odd mirror"}
    assert office.here() == office.there() == everything
    liar.lie, code = LIES[name]
    office.outlook.edit_event(event, {"location": {"displayName": "Elsewhere"}})
    office.put("Neighbour")
    for full in (False, True):
        office.settle(full=full)
        assert office.here() == office.there() == everything | {"Neighbour"}
        assert set(office.held()) == {PHRASES[code]}
    assert Activity.objects.get(name="Odd one").location == ""
    liar.lie = None
    office.settle(full=True)
    assert office.here() == office.there() == everything | {"Neighbour"}
    assert Activity.objects.count() == 3
    assert Activity.objects.get(name="Odd one").location == "Elsewhere"
    assert office.held() == []


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_event_travels(name: str, office: Office, liar: Liar) -> None:
    liar.lie = HARMLESS[name]
    office.put("Odd one")
    office.put("Neighbour")
    office.settle(full=True)
    assert Activity.objects.count() == 2
    assert office.held() == []


def test_b6_a_mirror_whose_answer_cannot_be_read_is_made_only_once(office: Office, liar: Liar) -> None:
    liar.lie = without("attendees")
    office.make("Odd one")
    for _ in range(3):
        office.run(full=True)
    assert len(office.outlook.dump()["events"]) == 1
    assert PHRASES["unreadable"] in {PHRASES.get(detail, detail) for detail in office.held()}
    liar.lie = None
    office.settle(full=True)
    assert len(office.outlook.dump()["events"]) == Activity.objects.count() == 1
    assert office.held() == []


def test_odd_texts_of_ours_go_out(office: Office) -> None:
    """What a person may type with us arrives there, cut to what fits, and comes back to nobody as a change."""
    odd = [text for text in TEXTS if text.strip()]
    for number, text in enumerate(odd):
        office.make(f"{number} {text}", location=text, notes=text)
    office.make("Neighbour")
    office.settle()
    assert len(office.outlook.dump()["events"]) == len(odd) + 1
    assert Activity.objects.count() == len(odd) + 1
    assert office.held() == []


@pytest.mark.parametrize(
    "times",
    [
        {"start": datetime(9999, 12, 31, 22, 30, tzinfo=UTC), "end": datetime(9999, 12, 31, 23, 30, tzinfo=UTC)},
        {"start": datetime(1, 1, 1, tzinfo=UTC), "end": datetime(9999, 12, 31, tzinfo=UTC)},
        {"start": datetime(4500, 9, 2, tzinfo=UTC), "end": datetime(4500, 9, 3, tzinfo=UTC)},
    ],
    ids=["9999", "1 to 9999", "4500"],
)
def test_impossible_times_of_ours_are_refused_where_they_are_entered(
    times: dict[str, datetime], office: Office
) -> None:
    with pytest.raises(InvalidActivity) as refused:
        office.make("Impossible", **times)
    assert refused.value.code == "time-out-of-range"
    assert office.here() == set()
