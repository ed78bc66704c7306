"""A one-time code in the calendar proves an address (S12)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from almanakka.accounts.models import User
from almanakka.activities.models import Activity
from almanakka.calendars import clock, codes, remotes, tasks, wiring
from almanakka.calendars.models import CalendarCode, Connection, Mailbox, Proof
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied, Unreachable
from visits import text

PAGE = "/profile/calendar-sync/"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def calendar(
    monkeypatch: pytest.MonkeyPatch, calendars: dict[str, MemoryCalendar], aino: User, link: Connection
) -> MemoryCalendar:
    monkeypatch.setattr(
        remotes, "find", lambda link, address: remotes.Found(f"box-of-{address}", None, frozenset({address}))
    )
    return calendars.setdefault(f"box-of-{aino.email}", MemoryCalendar(clock=clock.now, prefix="aino"))


@pytest.fixture
def as_aino(client: Client, aino: User, calendar: MemoryCalendar) -> Client:
    client.force_login(aino)
    return client


def standing(calendar: MemoryCalendar) -> list[Entry]:
    return [event.entry for event in calendar.entries().values()]


def read(calendar: MemoryCalendar) -> str:
    """The code as its holder sees it in the calendar."""
    (entry,) = standing(calendar)
    found = re.search(r"\d{4} \d{4}", entry.title)
    assert found is not None
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08d}"


def test_s12_a_code_read_in_the_calendar_proves_the_address(
    as_aino: Client, aino: User, calendar: MemoryCalendar, caplog: pytest.LogCaptureFixture
) -> None:
    calendar.put(Entry("Lounas", Timed(NOW, NOW + timedelta(hours=1))))
    assert as_aino.post(f"{PAGE}on").status_code == 409
    assert as_aino.post(f"{PAGE}code").status_code == 302
    (code,) = (entry for entry in standing(calendar) if entry.title != "Lounas")
    shown = re.search(r"\d{4} \d{4}", code.title)
    assert shown is not None
    assert isinstance(code.when, Timed)
    assert (code.private, code.who, code.when.start, code.when.end) == (True, None, NOW, NOW + codes.GOOD_FOR)
    digits = shown[0].replace(" ", "")
    (row,) = CalendarCode.objects.all()
    page = text(as_aino.get(PAGE))
    assert all(each not in page + caplog.text + str(vars(row)) for each in (shown[0], digits))
    assert as_aino.post(f"{PAGE}code/enter", {"code": f" {shown[0]} "}).status_code == 302
    assert [entry.title for entry in standing(calendar)] == ["Lounas"]
    assert as_aino.post(f"{PAGE}on").status_code == 302
    box = Mailbox.objects.get()
    assert (box.user, box.proof) == (aino, Proof.CODE)
    wiring.run_mailbox(box.pk)
    assert list(Activity.objects.values_list("name", flat=True)) == ["Lounas"]
    assert calendar.mails == 0


def test_s12_a_code_is_good_for_a_few_attempts_and_minutes(
    as_aino: Client, aino: User, calendar: MemoryCalendar
) -> None:
    as_aino.post(f"{PAGE}code")
    code = read(calendar)
    for _ in range(codes.ATTEMPTS):
        assert as_aino.post(f"{PAGE}code/enter", {"code": wrong(code)}).status_code == 409
    answer = as_aino.post(f"{PAGE}code/enter", {"code": code})
    assert answer.status_code == 409
    assert "tried too often" in text(answer)
    assert not codes.proves(aino)
    with clock.stopped_at(NOW + timedelta(minutes=2)):
        as_aino.post(f"{PAGE}code")
        (fresh,) = (entry.title for entry in standing(calendar) if code not in entry.title)
    with clock.stopped_at(NOW + timedelta(minutes=2) + codes.GOOD_FOR):
        assert as_aino.post(f"{PAGE}code/enter", {"code": fresh[-9:]}).status_code == 409
        assert codes.clear_up() == 2
    assert standing(calendar) == []


def test_s12_a_code_is_good_once_and_for_one_person(as_aino: Client, aino: User, eero: User, calendar: Any) -> None:
    as_aino.post(f"{PAGE}code")
    code = read(calendar)
    with pytest.raises(Denied):
        codes.enter(eero, code)
    codes.enter(aino, code)
    with pytest.raises(Denied) as again:
        codes.enter(aino, code)
    assert again.value.code == "code_over"


def test_s12_a_code_proves_the_address_it_was_written_for_alone(as_aino: Client, aino: User, calendar: Any) -> None:
    as_aino.post(f"{PAGE}code")
    code = read(calendar)
    aino.email = "uusi@kuura.example"
    aino.save()
    with pytest.raises(Denied):
        codes.enter(aino, code)
    aino.email = "aino@kuura.example"
    aino.save()
    codes.enter(aino, code)
    aino.email = "uusi@kuura.example"
    aino.save()
    assert not codes.proves(aino)


def test_nobody_has_calendars_filled_with_codes(as_aino: Client, calendar: MemoryCalendar) -> None:
    as_aino.post(f"{PAGE}code")
    answer = as_aino.post(f"{PAGE}code")
    assert answer.status_code == 409
    assert "less than a minute ago" in text(answer)
    assert len(standing(calendar)) == 1


def test_s12_no_code_is_written_into_a_mailbox_that_is_anothers(
    as_aino: Client, eero: User, mailbox_for: Any, calendar: MemoryCalendar, aino: User
) -> None:
    mailbox_for(eero, remote_id=f"box-of-{aino.email}")
    assert as_aino.post(f"{PAGE}code").status_code == 409
    assert standing(calendar) == []


@pytest.mark.parametrize("after", [False, True])
def test_what_a_crash_leaves_in_the_calendar_is_removed_and_never_comes_in(
    as_aino: Client, aino: User, calendar: MemoryCalendar, after: bool
) -> None:
    """The answer is lost, or the process dies: the origin key was written down before."""
    calendar.faults.append(Fault("create", Unreachable("lost"), after=after))
    assert as_aino.post(f"{PAGE}code").status_code == 409
    assert len(standing(calendar)) == after
    with clock.stopped_at(NOW + codes.GOOD_FOR):
        calendar.faults.append(Fault("find", Unreachable("away")))
        assert codes.clear_up() == 0
        assert not codes.over().exists()
    with clock.stopped_at(NOW + codes.GOOD_FOR + codes.RETRIED_AFTER):
        assert codes.over().exists()
        tasks.clear_codes()
    assert standing(calendar) == []
    assert not codes.over().exists()


def test_a_code_that_still_stands_when_sync_is_switched_on_does_not_come_in(
    as_aino: Client, aino: User, calendar: MemoryCalendar
) -> None:
    as_aino.post(f"{PAGE}code")
    code = read(calendar)
    calendar.faults.append(Fault("delete", Unreachable("away")))
    codes.enter(aino, code)
    assert len(standing(calendar)) == 1
    assert as_aino.post(f"{PAGE}on").status_code == 302
    assert standing(calendar) == []
    wiring.run_mailbox(Mailbox.objects.get().pk)
    assert not Activity.objects.exists()


def test_the_appointment_of_somebody_who_has_left_is_removed(
    as_aino: Client, aino: User, calendar: MemoryCalendar
) -> None:
    as_aino.post(f"{PAGE}code")
    aino.delete()
    with clock.stopped_at(NOW + codes.GOOD_FOR):
        assert codes.clear_up() == 1
    assert standing(calendar) == []
