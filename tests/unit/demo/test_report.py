"""The demo's JSON has the shape that DESIGN §7 promises, and every disagreement is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from almanakka.demo.edits import Outcome, percentile
from almanakka.demo.report import Entries, FirstRun, Report, SecondRun


def test_the_shape() -> None:
    report = Report(edits=Outcome([0.5, 0.25], []).to_json())
    told = json.loads(json.dumps(report.to_json()))
    assert {"people", "mailboxes", "mails_sent", "divergent"} <= told.keys()
    assert {"remote", "ours", "in_scope", "representable"} <= told["entries"].keys()
    assert told["first_run"].keys() == {"seconds", "matched", "created_here", "created_there", "skipped"}
    assert told["second_run"].keys() == {"written", "http_requests", "sql_queries"}
    assert told["edits"] == {"made": 2, "arrived": 2, "seconds_p95": 0.5}


def test_agreement_has_no_problems() -> None:
    assert Report(entries=Entries(10, 10, 20, 20, 20), first_run=FirstRun()).problems() == []


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({"mails_sent": 2}, "2 mails"),
        ({"second_run": SecondRun(written=3)}, "wrote 3 times"),
        ({"lost_edits": ["here: move"]}, "did not arrive: here: move"),
        ({"failures": ["The run failed."]}, "The run failed."),
        ({"entries": Entries(representable=10, arrived=8)}, "8 of 10"),
        (
            {"divergent": [{"person": "a@b", "only": "ours", "start": "2026-01-01", "title": "x"}]},
            "a@b: 2026-01-01 'x' is only here",
        ),
    ],
)
def test_every_disagreement_is_told(faults: dict[str, Any], expected: str) -> None:
    problems = Report(**faults).problems()
    assert any(expected in problem for problem in problems)


def test_percentiles() -> None:
    assert percentile([], 95) is None
    assert percentile([3.0], 95) == 3.0
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0


def test_people_are_told_what_was_left_out_and_why() -> None:
    skipped = {"title": "Yoga", "code": "sub-daily", "reason": "it recurs more than once a day"}
    odd = {
        "title": "Fair",
        "mailbox": "a@b.test",
        "code": "unrepresentable",
        "reason": "its time zone is not known here",
    }
    calendars: list[dict[str, object]] = [
        {"file": "photo.ics", "mailbox": "a@b.test", "loaded": 0, "skipped": []},
        {"file": "mine.ics", "mailbox": "a@b.test", "loaded": 3, "skipped": [skipped]},
    ]
    report = Report(calendars=calendars, held=[odd])
    assert report.remarks() == [
        "photo.ics holds no calendar entry.",
        "mine.ics: left out 'Yoga': it recurs more than once a day.",
        "Left alone in Microsoft: 'Fair': its time zone is not known here.",
    ]
    assert report.to_json()["held"] == [odd]
