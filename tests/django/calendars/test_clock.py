"""A clock that is set back: nothing the schedule has noted may keep a mailbox waiting, or leased, for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from almanakka.calendars import clock, schedule, tasks
from almanakka.calendars import lease as leases
from almanakka.calendars.models import ActivityHint, Mailbox
from almanakka.calendars.schedule import Result
from almanakka.sync.errors import CalendarError, LeaseLost, Throttled, Unreachable

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NEXT_YEAR = NOW + timedelta(days=365)


@pytest.fixture(params=[timedelta(hours=2), timedelta(days=365)], ids=str)
def then(request: pytest.FixtureRequest) -> datetime:
    """What the clock said before it was set back to NOW."""
    moment: datetime = NOW + request.param
    return moment


@pytest.mark.parametrize("error", [Unreachable("x"), Throttled(60), None], ids=lambda each: type(each).__name__)
def test_a_pause_from_the_future_is_not_kept(aino_box: Mailbox, then: datetime, error: CalendarError | None) -> None:
    with clock.stopped_at(then):
        lease = leases.acquire(aino_box.pk)
        assert lease is not None
        schedule.release(lease, Result(error=error, retry_at=None if error else then + timedelta(minutes=10)))
    assert schedule.due() == [aino_box.pk]
    assert schedule.make_due([aino_box.pk]) == [aino_box.pk]
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    assert not schedule.release(lease, Result())
    assert schedule.due() == []


def test_a_lease_from_the_future_is_nobodys(aino_box: Mailbox, then: datetime) -> None:
    with clock.stopped_at(then):
        lost = leases.acquire(aino_box.pk)
    assert lost is not None
    assert schedule.due() == [aino_box.pk]
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    with pytest.raises(LeaseLost):
        lost.renew()
    assert leases.acquire(aino_box.pk) is None
    assert schedule.due() == []


def test_a_run_that_goes_on_keeps_its_mailbox(aino_box: Mailbox, then: datetime) -> None:
    with clock.stopped_at(then):
        lease = leases.acquire(aino_box.pk)
    assert lease is not None
    lease.renew()
    assert leases.acquire(aino_box.pk) is None
    assert lease.until == NOW + leases.TERM


def test_a_small_step_disturbs_nothing(aino_box: Mailbox) -> None:
    """Two machines whose clocks differ by seconds respect each other's leases and pauses."""
    with clock.stopped_at(NOW + timedelta(seconds=40)):
        lease = leases.acquire(aino_box.pk)
        assert lease is not None
        with clock.stopped_at(NOW):
            assert leases.acquire(aino_box.pk) is None
            assert schedule.due() == []
        schedule.release(lease, Result(error=Throttled(600)))
    assert schedule.due() == []
    assert leases.acquire(aino_box.pk) is None


def test_a_hint_from_the_future_is_found(aino_box: Mailbox, then: datetime) -> None:
    with clock.stopped_at(then):
        ActivityHint.objects.create(mailbox=aino_box, activity=aino_box.pk, version=1)
    assert schedule.due() == [aino_box.pk]


def test_a_reading_from_the_future_is_read_again(aino_box: Mailbox) -> None:
    """The daily reading of everything comes a day after the last one, not a year and a day."""
    aino_box.listed_at = NOW - timedelta(hours=1)
    assert not schedule.wants_everything(aino_box, NOW)
    aino_box.listed_at = NEXT_YEAR
    assert schedule.wants_everything(aino_box, NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_a_heart_that_beat_in_the_future_stops_all_the_same() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 year')")
        cursor.execute(tasks.BEATS_FROM_THE_FUTURE)
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat <= now()")
        assert cursor.fetchone() == (1,)
