"""calendarView/delta: rounds, pages, tokens."""

from __future__ import annotations

from typing import Any

import pytest
from simulated_company import IMMUTABLE, MARKER, Company, at, event, weekly

PAGE = f"{IMMUTABLE}, odata.maxpagesize=2"


def single(company: Company, subject: str, day: str = "2026-10-15", **more: Any) -> str:
    return company.anna.create_event(event(subject, f"{day}T09:00:00", f"{day}T10:00:00", **more))


def series(company: Company) -> str:
    recurrence = weekly("monday", start="2026-10-05", type="numbered", numberOfOccurrences=4)
    body = event("Weekly", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence)
    return company.anna.create_event(body)


def test_the_first_round_has_full_singles_masters_and_exceptions_and_bare_occurrences(company: Company) -> None:
    single(company, "A", singleValueExtendedProperties=[{"id": MARKER, "value": "1"}])
    master = series(company)
    company.anna.edit_event(master, {"subject": "Special"}, "2026-10-12")
    company.anna.delete_event(master, "2026-10-19")
    single(company, "outside", "2027-03-01")
    rows, _ = company.delta()
    kinds = [row["type"] for row in rows]
    assert kinds == ["singleInstance", "seriesMaster", "occurrence", "exception", "occurrence"]
    assert rows[0]["body"]["contentType"] == "html"
    assert "singleValueExtendedProperties" not in rows[0]
    assert rows[1]["recurrence"]["range"]["numberOfOccurrences"] == 4
    assert set(rows[2]) == {"@odata.type", "@odata.etag", "id", "type", "seriesMasterId", "start", "end"}
    assert rows[3]["subject"] == "Special"
    assert rows[3]["seriesMasterId"] == master


def test_pages_follow_maxpagesize_except_where_a_series_expands(company: Company) -> None:
    for number in range(3):
        single(company, f"e{number}")
    series(company)
    single(company, "last")
    url = f"{company.anna_url}/calendarView/delta?startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"
    sizes = []
    while True:
        page = company.get(url, prefer=PAGE)
        sizes.append(len(page["value"]))
        if "@odata.deltaLink" in page:
            break
        url = page["@odata.nextLink"]
        assert "skiptoken" in url
        assert "startDateTime" not in url
    assert sizes == [2, 6, 1]


def test_preferences_are_not_in_the_token(company: Company) -> None:
    single(company, "A")
    single(company, "B")
    single(company, "C")
    url = f"{company.anna_url}/calendarView/delta?startDateTime=2026-10-01&endDateTime=2026-12-01"
    first = company.get(url, prefer=PAGE)
    second = company.get(first["@odata.nextLink"], prefer="")
    assert len(first["value"][0]["id"]) == 72
    assert len(second["value"][0]["id"]) == 152


def test_later_rounds_tell_what_changed(company: Company) -> None:
    kept, changed, gone = (single(company, name) for name in ("kept", "changed", "gone"))
    _, link = company.delta()
    assert company.delta(link)[0] == []
    company.change(changed, {"subject": "Changed"})
    company.delete(gone)
    new = single(company, "new")
    single(company, "far away", "2028-01-01")
    rows, later = company.delta(link, prefer=PAGE)
    assert [row["id"] for row in rows] == [changed, gone, new]
    assert rows[1]["@removed"] == {"reason": "deleted"}
    assert kept not in {row["id"] for row in rows}
    assert company.delta(later)[0] == []
    assert [row["id"] for row in company.delta(link)[0]] == [changed, gone, new]


def test_moves_over_the_edge_of_the_window(company: Company) -> None:
    leaving, entering = single(company, "leaving"), single(company, "entering", "2027-03-01")
    never = single(company, "never", "2028-01-01")
    _, link = company.delta()
    company.change(leaving, {"start": at("2027-05-01T09:00:00"), "end": at("2027-05-01T10:00:00")})
    company.change(leaving, {"subject": "leaving again"})
    company.change(entering, {"start": at("2026-10-20T09:00:00"), "end": at("2026-10-20T10:00:00")})
    company.change(never, {"subject": "still far away"})
    rows, later = company.delta(link, prefer=PAGE)
    assert [(row["id"], row.get("@removed")) for row in rows] == [(leaving, {"reason": "changed"}), (entering, None)]
    company.delete(leaving)
    assert company.delta(later)[0] == []
    company.simulator.control.set_behaviour(removed_for_out_of_window=True)
    assert {row["id"] for row in company.delta(later)[0]} == {leaving}
    company.change(never, {"subject": "and again"})
    assert {row["id"] for row in company.delta(later)[0]} == {leaving, never}


def test_what_left_the_window_is_removed_on_whatever_page_it_comes(company: Company) -> None:
    ids = [single(company, name) for name in "abc"]
    _, link = company.delta()
    company.change(ids[0], {"start": at("2027-05-01T09:00:00"), "end": at("2027-05-01T10:00:00")})
    for each in (ids[1], ids[2], ids[0]):
        company.change(each, {"subject": "touched"})
    rows, _ = company.delta(link, prefer=PAGE)
    assert [(row["id"], "@removed" in row) for row in rows] == [(ids[1], False), (ids[2], False), (ids[0], True)]


def test_what_left_and_died_between_two_rounds_is_removed(company: Company) -> None:
    target = single(company, "leaving")
    _, link = company.delta()
    company.change(target, {"start": at("2027-05-01T09:00:00"), "end": at("2027-05-01T10:00:00")})
    company.delete(target)
    assert company.delta(link)[0][0]["@removed"] == {"reason": "deleted"}


def test_a_cancelled_occurrence_makes_no_removed_row_but_the_series_again(company: Company) -> None:
    master = series(company)
    _, link = company.delta()
    company.anna.delete_event(master, "2026-10-12")
    rows, link = company.delta(link)
    assert [row["type"] for row in rows] == ["seriesMaster", "occurrence", "occurrence", "occurrence"]
    company.delete(master)
    removed = company.delta(link)[0]
    assert all("@removed" in row for row in removed)
    assert removed[-1]["id"] == master
    assert len(removed) == 4


def test_every_spelling_of_the_path_is_taken(company: Company) -> None:
    single(company, "A")
    for name in ("delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"):
        for prefix in ("", "calendar/", "calendars/calendar/"):
            url = f"{prefix}calendarView/{name}?startdatetime=2026-10-01&ENDDATETIME=2026-12-01"
            assert len(company.get(url)["value"]) == 1


@pytest.mark.parametrize(
    "option", ["$select=subject", "$expand=instances", "$filter=subject eq 'a'", "$orderby=subject"]
)
def test_query_options_are_refused(company: Company, option: str) -> None:
    url = f"calendarView/delta?startDateTime=2026-10-01&endDateTime=2026-12-01&{option}"
    assert company.get(url, status=400)["error"]["code"] == "ErrorInvalidUrlQuery"


def test_windows_must_be_there_and_not_too_long(company: Company) -> None:
    long = "calendarView/delta?startDateTime=2020-01-01&endDateTime=2026-12-01"
    assert company.get(long, status=400)["error"]["code"] == "ErrorInvalidRequest"
    empty = "calendarView/delta?startDateTime=&endDateTime="
    assert company.get(empty, status=400)["error"]["code"] == "ErrorInvalidParameter"


def test_tokens_die_when_told_to_and_belong_to_one_mailbox(company: Company) -> None:
    _, link = company.delta()
    other = link.replace(company.anna.address, company.ben.address).replace("anna%40", "ben%40")
    assert company.get(other, status=410)["error"]["code"] == "SyncStateNotFound"
    company.simulator.control.expire_delta_tokens(company.anna.address)
    assert company.get(link, status=410)["error"]["code"] == "SyncStateNotFound"
    broken = "calendarView/delta?$deltatoken=nonsense"
    assert company.get(broken, status=400)["error"]["code"] == "InvalidDeltaToken"


def test_deletes_can_be_lost(company: Company) -> None:
    target = single(company, "A")
    _, link = company.delta()
    company.simulator.control.set_behaviour(delta_reports_deletes=False)
    company.delete(target)
    assert company.delta(link)[0] == []


def test_changes_between_pages_are_not_lost(company: Company) -> None:
    ids = [single(company, f"e{number}") for number in range(4)]
    url = f"{company.anna_url}/calendarView/delta?startDateTime=2026-10-01&endDateTime=2026-12-01"
    first = company.get(url, prefer=PAGE)
    company.change(ids[0], {"subject": "changed meanwhile"})
    company.delete(ids[3])
    rows, link = company.delta(first["@odata.nextLink"], prefer=PAGE)
    later, _ = company.delta(link)
    assert [row["id"] for row in rows] == [ids[2]]
    assert {row["id"]: row.get("subject") for row in later} == {ids[0]: "changed meanwhile", ids[3]: None}


def test_an_idle_round_looks_at_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        single(company, f"e{number}")
    _, link = company.delta()
    looked: list[int] = []
    kind = type(next(iter(company.anna.mailbox.items.values())))
    monkeypatch.setattr(kind, "days_in", lambda self, *a: looked.append(self.number) or [])
    monkeypatch.setattr(kind, "when_on", lambda self, *a: looked.append(self.number) or self.when)
    assert company.delta(link)[0] == []
    assert looked == []
