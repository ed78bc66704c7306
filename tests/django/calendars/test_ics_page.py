"""Calendars as files: what comes in is previewed, written once and mails nobody; what goes out its reader may see."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.values import Draft, OccurrenceDraft, Origin
from almanakka.calendars import ics_export, ics_import
from almanakka.calendars.ics_files import CalendarFile
from almanakka.calendars.models import ActivityHint, Mailbox, Pair
from almanakka.sync.recurrence import Kind, Recurrence
from visits import signed_in, text

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
START = datetime(2026, 1, 12, 8, tzinfo=UTC)


def event(*lines: str, uid: str = "a@elsewhere", start: str = "DTSTART:20260112T080000Z") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n"
    return text.encode("utf-8", "surrogatepass")


def sent(client: Client, data: bytes, name: str = "mine.ics") -> Any:
    return client.post("/calendar/import/file", {"file": SimpleUploadedFile(name, data)})


def previewed(client: Client, data: bytes) -> str:
    assert sent(client, data).headers["Location"] == "/calendar/import"
    return text(client.get("/calendar/import"))


def performed(client: Client, kind: ActivityType) -> Any:
    file = CalendarFile.objects.filter(user=client.session["_auth_user_id"]).first()
    return client.post("/calendar/import/perform", {"file": file.pk if file else "", "type": kind.pk})


def counted(page: str) -> list[str]:
    """The three numbers: new, there already, left out."""
    return [part.split("</dd>")[0] for part in page.split("<dd>")[1:4]]


def made(user: User, kind: ActivityType, **fields: Any) -> Activity:
    usual: dict[str, Any] = {"name": "Board", "start": START, "end": START + timedelta(hours=1)}
    draft = Draft(**{**usual, "type_id": kind.pk, "owner_id": user.pk, "time_zone": "Europe/Helsinki", **fields})
    return changes.create(user.company_id, draft, Origin(edited_at=AT))


# --- coming in -----------------------------------------------------------------------------------


def test_b3_a_file_is_previewed_and_nothing_is_written_before_its_owner_says_so(
    aino: User, types: dict[str, ActivityType], aino_box: Mailbox
) -> None:
    client = signed_in(aino)
    data = calendar(
        event("SUMMARY:Board", "DTEND:20260112T090000Z", "LOCATION:Helsinki"),
        event("SUMMARY:Dentist", "CLASS:PRIVATE", uid="b@elsewhere"),
        event("SUMMARY:Weekly", "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20260119T080000Z", uid="c@elsewhere"),
        event("SUMMARY:Every hour", "RRULE:FREQ=HOURLY", uid="d@elsewhere"),
    )
    page = previewed(client, data)
    assert counted(page) == ["3", "0", "1"]
    assert "it repeats more often than once a day" in page
    assert "1 private entry becomes “Personal”" in page
    assert not Activity.objects.exists()
    answer = performed(client, types["internal"])
    assert answer.headers["Location"] == "/activities/"
    found = {each.name: each for each in Activity.objects.prefetch_related("occurrences")}
    assert {name: each.type.name for name, each in found.items()} == {
        "Board": "Internal",
        "Dentist": "Personal",
        "Weekly": "Internal",
    }
    assert found["Dentist"].is_private
    assert {each.owner for each in found.values()} == {aino}
    assert [each.original_date for each in found["Weekly"].occurrences.all()] == [date(2026, 1, 19)]
    assert ActivityHint.objects.filter(mailbox=aino_box).count() == 3
    assert not CalendarFile.objects.exists()


def test_the_same_file_brings_nothing_the_second_time(aino: User, types: dict[str, ActivityType]) -> None:
    client = signed_in(aino)
    data = calendar(event("SUMMARY:A"), event("SUMMARY:B", uid="b@elsewhere"))
    previewed(client, data)
    performed(client, types["meeting"])
    assert counted(previewed(client, data)) == ["0", "2", "0"]


def test_a_second_click_imports_nothing_again(aino: User, types: dict[str, ActivityType]) -> None:
    client = signed_in(aino)
    previewed(client, calendar(event("SUMMARY:A", uid="")))
    file = CalendarFile.objects.get()
    filled = {"file": file.pk, "type": types["meeting"].pk}
    client.post("/calendar/import/perform", filled)
    again = client.post("/calendar/import/perform", filled, follow=True)
    assert "This file is imported already" in text(again)
    assert Activity.objects.count() == 1


def test_what_is_there_already_is_known_by_its_uid_in_the_mailbox_and_by_its_likeness(
    aino: User, types: dict[str, ActivityType], aino_box: Mailbox
) -> None:
    alike = made(aino, types["meeting"])
    paired = made(aino, types["meeting"], name="Named otherwise by now")
    Pair.objects.create(
        mailbox=aino_box, origin="x", activity=paired.pk, event="e", born="there", state="live", uid="040000@outlook"
    )
    page = previewed(
        signed_in(aino),
        calendar(
            event("SUMMARY:board", "DTEND:20260112T090000Z", uid="1"),
            event("SUMMARY:Old name", uid="040000@outlook"),
            event("SUMMARY:Board", "DTEND:20260112T093000Z", uid="2"),
            event(f"SUMMARY:Exported before, and moved since\r\nUID:{alike.pk}@almanakka", uid="").replace(
                "UID:\r\n", "", 1
            ),
        ),
    )
    assert counted(page) == ["1", "3", "0"]


def test_a_colleagues_meeting_is_no_reason_to_leave_one_out(
    aino: User, eero: User, types: dict[str, ActivityType]
) -> None:
    theirs = made(eero, types["meeting"])
    page = previewed(
        signed_in(aino), calendar(event("SUMMARY:Board", "DTEND:20260112T090000Z", uid=f"{theirs.pk}@almanakka"))
    )
    assert counted(page) == ["1", "0", "0"]


def test_b1_people_in_a_file_get_no_mail_and_are_told_of_in_the_notes(
    aino: User, eero: User, types: dict[str, ActivityType]
) -> None:
    client = signed_in(aino)
    previewed(
        client,
        calendar(
            event(
                "SUMMARY:Meeting",
                "DESCRIPTION:Agenda",
                "ORGANIZER;CN=Boss:mailto:boss@elsewhere.example",
                f"ATTENDEE:mailto:{eero.email}",
            )
        ),
    )
    performed(client, types["meeting"])
    activity = Activity.objects.get()
    assert (list(activity.participants.all()), activity.guests) == ([], [])
    assert activity.notes == f"Agenda\n\nParticipants in the file: Boss <boss@elsewhere.example>, {eero.email}"
    assert mail.outbox == []


@pytest.mark.parametrize("category", [Category.PROJECT_TASK, Category.PERSONAL])
def test_s4_nothing_becomes_a_project_task_whatever_is_posted(
    aino: User, types: dict[str, ActivityType], category: str
) -> None:
    client = signed_in(aino)
    previewed(client, calendar(event("SUMMARY:A")))
    kind = next(each for each in types.values() if each.category == category)
    assert performed(client, kind).status_code == 404
    assert not Activity.objects.exists()


def test_a_category_with_the_name_of_a_type_makes_an_entry_of_that_type(
    aino: User, types: dict[str, ActivityType]
) -> None:
    """The first one counts that is a type's name; never a project task (S4), and what is private is Personal (S10)."""
    ActivityType.objects.filter(pk=types["internal"].pk).update(name="Sisäinen, viikoittain")
    data = calendar(
        event("SUMMARY:A", "CATEGORIES:Red,sisäinen\\,  VIIKOITTAIN", uid="a"),
        event("SUMMARY:B", "CATEGORIES:Red", f"CATEGORIES:{types['internal'].category}", uid="b"),
        event("SUMMARY:C", f"CATEGORIES:{types['task'].name},{types['personal'].name}", uid="c"),
        event("SUMMARY:D", "CATEGORIES:Sisäinen\\, viikoittain", "CLASS:PRIVATE", uid="d"),
    )
    client = signed_in(aino)
    page = previewed(client, data)
    assert "1 entry becomes of the type that its category names." in page
    assert 'A <span class="quiet">Sisäinen, viikoittain' in page
    performed(client, types["meeting"])
    found = {each.name: each.type for each in Activity.objects.select_related("type")}
    assert found == {
        "A": types["internal"],
        "B": types["meeting"],
        "C": types["meeting"],
        "D": types["personal"],
    }


def test_b9_without_a_personal_type_a_private_entry_stays_private(aino: User, types: dict[str, ActivityType]) -> None:
    types["personal"].delete()
    client = signed_in(aino)
    assert "1 entry is private and stays so" in previewed(client, calendar(event("SUMMARY:A", "CLASS:PRIVATE")))
    performed(client, types["meeting"])
    assert (Activity.objects.get().type, Activity.objects.get().is_private) == (types["meeting"], True)


def test_a_script_in_a_title_stays_text(aino: User, types: dict[str, ActivityType]) -> None:
    client = signed_in(aino)
    page = previewed(client, calendar(event("SUMMARY:<script>alert(1)</script>", "DESCRIPTION:<b>x</b>")))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    performed(client, types["meeting"])
    assert "<script>alert" not in text(client.get("/activities/"))


@pytest.mark.parametrize(
    ("lines", "numbers", "said"),
    [
        (["SUMMARY:" + "ä" * 10_000], ["1", "0", "0"], "Add 1 activity"),
        (["SUMMARY:" + "ä" * 10_001], ["0", "0", "1"], "longer than 10,000 characters"),
        (["SUMMARY:😀 \x07\x1b[31m"], ["1", "0", "0"], "😀"),
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=2,16;COUNT=6"], ["6", "0", "0"], "Add 6 activities"),
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=2,16"], ["0", "0", "1"], "it repeats on several days of one month"),
        (["RRULE:FREQ=YEARLY;BYWEEKNO=20"], ["0", "0", "1"], "it counts the weeks of the year"),
        (["DTEND:20260111T080000Z"], ["0", "0", "1"], "it ends before it starts"),
        (["STATUS:CANCELLED"], ["0", "0", "1"], "it is cancelled"),
    ],
)
def test_b8_what_is_odd_is_told_or_kept(
    aino: User, types: dict[str, ActivityType], lines: list[str], numbers: list[str], said: str
) -> None:
    client = signed_in(aino)
    page = previewed(client, calendar(event(*lines)))
    assert counted(page) == numbers
    assert said in page
    assert performed(client, types["meeting"]).status_code == 302
    assert Activity.objects.count() == int(numbers[0])
    assert client.get("/activities/").status_code == 200


def test_a_time_in_a_zone_that_nobody_knows_is_meant_where_its_reader_is(
    aino: User, types: dict[str, ActivityType]
) -> None:
    client = signed_in(aino)
    previewed(client, calendar(event("SUMMARY:A", start="DTSTART;TZID=Mars/Base:20260112T100000")))
    performed(client, types["meeting"])
    assert Activity.objects.get().start == START


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 a spreadsheet", "This is no calendar file"),
        (b"<html>BEGIN nothing</html>", "This is no calendar file"),
        (calendar(event("DESCRIPTION:" + "x" * ics_import.MOST_BYTES)), "The file is larger than 5 MB"),
    ],
)
def test_what_is_no_calendar_or_too_large_is_refused_with_a_sentence(
    aino: User, types: dict[str, ActivityType], data: bytes, said: str
) -> None:
    answer = sent(signed_in(aino), data)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not CalendarFile.objects.exists()


def test_too_many_entries_are_refused_with_their_number(
    aino: User, types: dict[str, ActivityType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ics_import, "MOST_ENTRIES", 2)
    page = previewed(signed_in(aino), calendar(*(event("SUMMARY:A", uid=str(n)) for n in range(3))))
    assert "The file holds 3 entries; at most 2 can be imported at once" in page
    assert not CalendarFile.objects.exists()


def test_no_file_at_all(aino: User, types: dict[str, ActivityType]) -> None:
    answer = signed_in(aino).post("/calendar/import/file", {})
    assert (answer.status_code, "Choose a file first" in text(answer)) == (422, True)


def test_nobody_imports_what_another_brought(aino: User, eero: User, types: dict[str, ActivityType]) -> None:
    previewed(signed_in(aino), calendar(event("SUMMARY:A")))
    file = CalendarFile.objects.get()
    other = signed_in(eero)
    assert "mine.ics" not in text(other.get("/calendar/import"))
    other.post("/calendar/import/perform", {"file": file.pk, "type": types["meeting"].pk})
    other.post("/calendar/import/forget")
    assert not Activity.objects.exists()
    assert CalendarFile.objects.count() == 1


def test_thrown_away_it_is_gone(aino: User, types: dict[str, ActivityType]) -> None:
    client = signed_in(aino)
    previewed(client, calendar(event("SUMMARY:A")))
    client.post("/calendar/import/forget")
    assert "Choose a calendar file" in text(client.get("/calendar/import"))


def test_signed_out_or_without_the_token_nothing_is_taken(aino: User, types: dict[str, ActivityType]) -> None:
    assert sent(Client(), calendar()).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(aino)
    assert sent(strict, calendar()).status_code == 403
    assert not CalendarFile.objects.exists()


# --- going out -----------------------------------------------------------------------------------


def titles(answer: Any) -> set[str]:
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert "attachment" in answer.headers["Content-Disposition"]
    return {str(each["SUMMARY"]) for each in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")}


@pytest.fixture
def shown(aino: User, eero: User, types: dict[str, ActivityType]) -> dict[str, Activity]:
    return {
        "mine": made(aino, types["meeting"], name="Mine", is_private=True),
        "open": made(eero, types["meeting"], name="Eero's"),
        "private": made(eero, types["meeting"], name="Eero's secret", is_private=True),
        "personal": made(eero, types["personal"], name="Eero's own"),
        "shared": made(eero, types["meeting"], name="Shared secret", is_private=True, participants=[aino.pk]),
    }


def test_one_exports_what_one_may_see_and_no_more(aino: User, shown: dict[str, Activity]) -> None:
    client = signed_in(aino)
    assert titles(client.get("/calendar/export.ics")) == {"Mine", "Shared secret"}
    assert titles(client.get("/activities/export.ics?whose=all")) == {"Mine", "Eero's", "Shared secret"}
    assert titles(client.get("/activities/export.ics?whose=all&q=secret")) == {"Shared secret"}
    assert titles(client.get(f"/activities/{shown['open'].pk}/export.ics")) == {"Eero's"}
    for hidden in ("private", "personal"):
        assert client.get(f"/activities/{shown[hidden].pk}/export.ics").status_code == 404


def test_another_companys_activity_is_not_there(shown: dict[str, Activity]) -> None:
    stranger = User.objects.create_user("s@other.example", company=Company.objects.create(name="Other"))
    client = signed_in(stranger)
    assert client.get(f"/activities/{shown['open'].pk}/export.ics").status_code == 404
    assert titles(client.get("/activities/export.ics?whose=all")) == set()


def test_what_is_exported_comes_back_to_another_person_as_it_was(
    aino: User, eero: User, types: dict[str, ActivityType]
) -> None:
    rule = Recurrence(Kind.WEEKLY, date(2026, 1, 12), days=frozenset((0, 3)), until=date(2026, 5, 31))
    changed = {date(2026, 1, 15): OccurrenceDraft(name="Moved"), date(2026, 1, 19): OccurrenceDraft(cancelled=True)}
    series = made(aino, types["internal"], name="Weekly", recurrence=rule, occurrences=changed, notes="a;b,c\nd")
    data = signed_in(aino).get("/calendar/export.ics").content
    client = signed_in(eero)
    assert counted(previewed(client, data)) == ["1", "0", "0"]
    performed(client, types["meeting"])
    copy = Activity.objects.get(owner=eero)
    for name in ("name", "type", "notes", "start", "end", "time_zone", "is_private", "show_as"):
        assert getattr(copy, name) == getattr(series, name)
    kept = {each.original_date: (each.cancelled, each.name) for each in copy.occurrences.all()}
    assert kept == {date(2026, 1, 15): (False, "Moved"), date(2026, 1, 19): (True, None)}
    assert counted(previewed(signed_in(aino), data)) == ["0", "1", "0"]


def test_the_number_of_statements_does_not_grow(aino: User, types: dict[str, ActivityType]) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/calendar/export.ics")
        return len(asked)

    client = signed_in(aino)
    made(aino, types["meeting"])
    client.get("/calendar/export.ics")
    few = statements()
    for number in range(20):
        made(aino, types["meeting"], name=str(number))
    assert statements() == few


def test_too_many_for_one_file_are_refused_with_their_number(
    aino: User, types: dict[str, ActivityType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ics_export, "MOST_ACTIVITIES", 1)
    for name in ("A", "B"):
        made(aino, types["meeting"], name=name)
    page = signed_in(aino).get("/calendar/export.ics", follow=True)
    assert "These are 2 activities, and a file holds 1 at the most" in text(page)
