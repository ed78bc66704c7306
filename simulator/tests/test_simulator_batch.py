"""$batch."""

from __future__ import annotations

from typing import Any

from simulated_company import Company, event

JSON = {"Content-Type": "application/json"}


def batch(company: Company, requests: list[dict[str, Any]], *, status: int = 200, path: str = "$batch") -> Any:
    answer = company.call("POST", f"{company.simulator.graph_url}/{path}", json={"requests": requests}, status=status)
    return {r["id"]: r for r in answer["responses"]} if status == 200 else answer["error"]


def request(number: int, company: Company, url: str = "calendar", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": f"/users/{company.anna.address}/{url}", **more}


def test_answers_come_out_of_order_each_with_its_status(company: Company) -> None:
    ids = [company.anna.create_event(event(n, "2026-10-05T09:00:00", "2026-10-05T10:00:00")) for n in "ab"]
    requests = [request(n, company, f"events/{i}?$select=subject") for n, i in enumerate(ids)]
    requests.append(request(7, company, "events/nonsense"))
    answer = company.call("POST", f"{company.simulator.graph_url}/$batch", json={"requests": requests})
    assert [r["id"] for r in answer["responses"]] == ["7", "1", "0"]
    found = batch(company, requests, path="%24batch")
    assert found["1"]["body"]["subject"] == "b"
    assert found["7"]["status"] == 400
    assert found["7"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"


def test_sub_requests_write_and_take_their_own_preferences(company: Company) -> None:
    body = event("x", "2026-10-05T09:00:00", "2026-10-05T10:00:00")
    post = request(1, company, "events", method="POST", body=body, headers=JSON)
    get = request(2, company, "events", headers={"Prefer": 'IdType="ImmutableId"'}, dependsOn=["1"])
    found = batch(company, [post, get])
    assert found["1"]["status"] == 201
    assert len(found["1"]["body"]["id"]) == 152
    assert len(found["2"]["body"]["value"][0]["id"]) == 72


def test_what_depends_on_a_failure_fails(company: Company) -> None:
    first = request(1, company, "events/nonsense")
    found = batch(company, [first, request(2, company, dependsOn=["1"]), request(3, company)])
    assert [found[n]["status"] for n in ("1", "2", "3")] == [400, 424, 200]


def test_batches_that_are_refused(company: Company) -> None:
    assert "20" in batch(company, [request(n, company) for n in range(21)], status=400)["message"]
    batch(company, [], status=400)
    batch(company, [request(1, company), request(1, company)], status=400)
    batch(company, [request(1, company, dependsOn=["2"]), request(2, company)], status=400)
    batch(company, [request(1, company, "events", method="POST", body={})], status=400)
    batch(company, [{"id": "1", "method": "POST", "url": "/$batch", "body": {}, "headers": JSON}], status=400)


def test_sub_requests_are_throttled_one_by_one(company: Company) -> None:
    company.simulator.control.add_fault("throttled", path="/calendar$", batch=True, after=1, retry_after=7)
    found = batch(company, [request(n, company) for n in range(3)])
    assert [found[str(n)]["status"] for n in range(3)] == [200, 429, 200]
    assert found["1"]["headers"]["Retry-After"] == "7"
    counts = company.simulator.control.request_counts()
    assert (counts["http"], counts["calendar"]) == (1, 3)
