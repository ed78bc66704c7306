"""What exchangelib, which nobody here wrote, writes on an Exchange Server reaches activities, and vice versa."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from exchangelib import recurrence as patterns

from almanakka.activities.models import Activity
from almanakka.calendars import exchange
from almanakka.sync.entry import Entry
from contract.independent import Independent, days, independent, save

from .office import HOME, single, weekly
from .server_office import ServerOffice

TUESDAY, MONDAY = date(2026, 10, 6), date(2026, 10, 5)


@pytest.fixture
def outlook(server_office: ServerOffice) -> Iterator[Independent]:
    """Anna's calendar in its hands."""
    with independent(exchange.server_settings(server_office.connection), "anna@contoso.test", HOME) as found:
        yield found


def weekly_until(count: int) -> patterns.Recurrence:
    pattern = patterns.WeeklyPattern(interval=1, weekdays=[1], first_day_of_week=1)
    return patterns.Recurrence(pattern=pattern, boundary=patterns.NumberedPattern(start=MONDAY, number=count))


def test_what_it_writes_reaches_activities(server_office: ServerOffice, outlook: Independent) -> None:
    """S1, S10, B8."""
    office = server_office
    lunch = outlook.put_on(TUESDAY, 12, 13, subject="Lounas", location="Aleksi 13", body="Keitto\nSalaatti")
    outlook.put_on(TUESDAY, 18, 19, subject="Dentist", sensitivity="Private")
    doomed = outlook.put(subject="Holiday", **days(TUESDAY, TUESDAY + timedelta(days=2)))
    team = outlook.put_on(MONDAY, 9, 10, subject="Team", recurrence=weekly_until(5))
    second = team.occurrence(2)
    second.start, second.end = outlook.at(date(2026, 10, 13), 14), outlook.at(date(2026, 10, 13), 15)
    save(second, "start", "end")
    team.occurrence(3).delete(send_meeting_cancellations="SendToNone")
    assert office.run().counts["created_here"] == 4
    here = office.activity("Lounas")
    assert (here.location, here.notes, here.type) == ("Aleksi 13", "Keitto\nSalaatti", office.meeting)
    assert office.activity("Dentist").type == office.personal
    assert office.sees("Lounas") == ["2026-10-06T09:00Z"]
    assert office.sees("Holiday") == ["2026-10-06"]
    expected = ["2026-10-05T06:00Z", "2026-10-13T11:00Z", "2026-10-26T07:00Z", "2026-11-02T07:00Z"]
    assert office.sees("Team") == expected
    office.ends_well()

    office.tick(minutes=5)
    lunch.refresh()
    lunch.subject, lunch.start, lunch.end = "Päivällinen", outlook.at(TUESDAY, 17), outlook.at(TUESDAY, 18)
    save(lunch, "subject", "start", "end")
    doomed.move_to_trash(send_meeting_cancellations="SendToNone")
    office.run()
    assert office.sees("Päivällinen") == ["2026-10-06T14:00Z"]
    assert sorted(Activity.objects.values_list("name", flat=True)) == ["Dentist", "Päivällinen", "Team"]
    office.ends_well()


def test_it_sees_what_activities_become(server_office: ServerOffice, outlook: Independent) -> None:
    office = server_office
    lunch = office.make(single("Lunch", notes="Soup", location="Here"))
    team = office.make(weekly("Team"))
    office.edit_day(team, date(2026, 10, 12), name="Cake")
    office.edit_day(team, date(2026, 10, 19), cancelled=True)
    office.run()
    assert seen(outlook) == [
        ("Team", "2026-10-05 09:00"),
        ("Lunch", "2026-10-06 12:00"),
        ("Cake", "2026-10-12 09:00"),
        ("Team", "2026-10-26 09:00"),
    ]
    (item,) = outlook.calendar.filter(subject="Lunch")
    assert (item.location, item.is_meeting, item.organizer.email_address) == ("Here", False, "anna@contoso.test")
    assert outlook.item(item.id).text_body.startswith("Soup")
    office.tick(minutes=5)
    office.edit(lunch, name="Dinner")
    office.delete(team)
    office.run()
    assert seen(outlook) == [("Dinner", "2026-10-06 12:00")]
    office.ends_well()


def seen(outlook: Independent) -> list[tuple[str, str]]:
    """Titles and local starts of October."""
    view = outlook.calendar.view(start=outlook.at(date(2026, 10, 1), 0), end=outlook.at(date(2026, 10, 31), 0))
    return [(each.subject, outlook.wall(each.start)) for each in view.only("subject", "start")]


@pytest.mark.parametrize("number", [1, 20, 45])
def test_a_first_run_creates_twenty_at_a_time(server_office: ServerOffice, number: int) -> None:
    """Two requests for each twenty: one makes them, one tells what the server made of them."""
    entries: list[Entry] = [single(f"Ours {each}", days=each) for each in range(number)]
    for entry in entries:
        server_office.make(entry)
    row = server_office.run()
    assert row.counts["created_there"] == number
    batches = -(-number // 20)
    assert row.requests == 3 + 2 * batches  # which server it is; what changed; what is there
    server_office.ends_well()
