"""The order in which exceptions are written."""

from __future__ import annotations

from datetime import date

from almanakka.sync.order import safe_order


def day(number: int) -> date:
    return date(2026, 3, number)


def test_cancellations_then_forward_from_the_last_then_backward_from_the_first() -> None:
    moves = [
        (day(1), day(2)),
        (day(3), day(5)),
        (day(9), day(9)),
        (day(20), day(18)),
        (day(24), day(19)),
    ]
    assert safe_order(moves, [day(15), day(12)]) == [
        (day(12), None),
        (day(15), None),
        (day(3), day(5)),
        (day(1), day(2)),
        (day(9), day(9)),
        (day(20), day(18)),
        (day(24), day(19)),
    ]


def test_a_cancelled_occurrence_is_not_moved_first() -> None:
    assert safe_order([(day(1), day(2))], [day(1)]) == [(day(1), None)]


def test_nothing_to_write_is_nothing() -> None:
    assert safe_order([], []) == []
