"""Activities through the engine's port: what it reads, and what becomes of what it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Participant, Project
from almanakka.activities.values import Draft as ActivityDraft
from almanakka.activities.values import Origin
from almanakka.calendars.activities import OrmActivities
from almanakka.calendars.models import ActivityHint, Connection, Mailbox
from almanakka.sync.entry import AllDay, Entry, Group, Override, Person, Response, Series, ShowAs, Timed
from almanakka.sync.errors import Denied, Invalid, StaleVersion
from almanakka.sync.fields import same
from almanakka.sync.ports import Category, Draft, Edit, Hint, Participation
from almanakka.sync.recurrence import Kind, Recurrence

NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
EDITED = datetime(2026, 1, 4, 12, 0, tzinfo=UTC)
AN_HOUR = Timed(NINE, NINE + timedelta(hours=1), "Europe/Helsinki")
WEEKLY = Recurrence(Kind.WEEKLY, date(2026, 1, 7), days=frozenset({2}))
EVERY_WEEK = Series(WEEKLY, time(9), timedelta(hours=1), "Europe/Helsinki")


@pytest.fixture
def port(aino_box: Mailbox) -> OrmActivities:
    return OrmActivities(aino_box)


@pytest.fixture
def make(company: Company, types: dict[str, ActivityType], aino: User) -> Callable[..., Activity]:
    def make(**fields: Any) -> Activity:
        usual: dict[str, Any] = {
            "type_id": types["meeting"].pk,
            "owner_id": aino.pk,
            "name": "Palaveri",
            "start": NINE,
            "end": NINE + timedelta(hours=1),
            "time_zone": "Europe/Helsinki",
        }
        return changes.create(company.pk, ActivityDraft(**usual | fields), Origin(edited_at=EDITED))

    return make


def draft(user: User, **fields: Any) -> Draft:
    entry = Entry(**{"title": "Palaveri", "when": AN_HOUR, "who": frozenset({str(user.pk)}), **fields})
    return Draft(entry=entry, owner=str(user.pk), edited_at=EDITED)


def only(port: OrmActivities, id: str | UUID) -> Any:
    return port.load([str(id)])[str(id)]


# --- reading -------------------------------------------------------------------------------------


def test_an_activity_is_read_whole(port: OrmActivities, make: Callable[..., Activity], aino: User, eero: User) -> None:
    made = make(participants=[eero.pk], location="Kamari", notes="Asialista", show_as="tentative")
    record = only(port, made.pk)
    assert record.entry == Entry(
        "Palaveri",
        AN_HOUR,
        location="Kamari",
        notes="Asialista",
        show_as=ShowAs.TENTATIVE,
        who=frozenset({str(aino.pk), str(eero.pk)}),
    )
    assert (record.owner, record.version, record.category) == (str(aino.pk), 1, Category.CALENDAR_ENTRY)
    assert record.synchronised
    assert set(record.times) == set(Group)
    assert set(record.times.values()) == {EDITED}


def test_an_activity_of_another_company_does_not_exist(port: OrmActivities) -> None:
    other = Company.objects.create(name="Muu Oy")
    kind = ActivityType.objects.create(company=other, name="x", category="calendar_entry")
    made = changes.create(other.pk, ActivityDraft(type_id=kind.pk, start=NINE, end=NINE), Origin(edited_at=EDITED))
    assert port.load([str(made.pk), str(uuid4())]) == {}


def test_all_that_a_person_is_in_is_found(
    port: OrmActivities, make: Callable[..., Activity], aino: User, eero: User
) -> None:
    owned, joined = make(), make(owner_id=eero.pk, participants=[aino.pk])
    make(owner_id=eero.pk)
    assert {record.id for record in port.involving()} == {str(owned.pk), str(joined.pk)}


@pytest.mark.parametrize("table", ["activities_participant", "activities_activitytype"])
def test_reading_that_fails_midway_leaves_no_cursor_open(
    port: OrmActivities, make: Callable[..., Activity], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds on to the error, and with it to every frame, holds no cursor of the server's."""
    monkeypatch.setattr("almanakka.calendars.activities.CHUNK", 1)
    for _ in range(3):
        make()

    def fail(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and f'FROM "{table}"' in sql and '"activities_activity"' not in sql:
            raise InterruptedError(table)
        return execute(sql, params, many, context)

    with pytest.raises(InterruptedError, match=table) as failed, connection.execute_wrapper(fail):
        list(port.involving())
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_cursors")
        assert cursor.fetchall() == []
    assert failed.value.__traceback__ is not None


def test_reading_costs_the_same_for_few_and_many(
    port: OrmActivities, make: Callable[..., Activity], aino_box: Mailbox, eero: User
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            OrmActivities(aino_box).load([str(id) for id in Activity.objects.values_list("pk", flat=True)])
        return len(seen)

    make(participants=[eero.pk])
    few = cost()
    for _ in range(20):
        make(participants=[eero.pk])
    assert cost() == few <= 7


def test_personal_is_private_absence_is_out_of_office_and_a_to_do_without_time_is_free(
    port: OrmActivities, make: Callable[..., Activity], types: dict[str, ActivityType]
) -> None:
    """S10, DESIGN §4.14."""
    day = {"is_all_day": True, "first_date": date(2026, 1, 7), "end_date": date(2026, 1, 8)}
    personal = only(port, make(type_id=types["personal"].pk).pk).entry
    absence = only(port, make(type_id=types["absence"].pk, **day).pk).entry
    todo = only(port, make(type_id=types["todo"].pk, **day).pk).entry
    assert (personal.private, personal.show_as) == (True, ShowAs.BUSY)
    assert absence.show_as is ShowAs.OUT_OF_OFFICE
    assert (todo.show_as, todo.when) == (ShowAs.FREE, AllDay(date(2026, 1, 7), date(2026, 1, 8)))


# --- the round trip ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        Entry("Ei nimeä", AN_HOUR, private=True, show_as=ShowAs.FREE, location="a", notes="b\nc"),
        Entry("Loma", AllDay(date(2026, 7, 6), date(2026, 8, 3)), show_as=ShowAs.OUT_OF_OFFICE),
        Entry(
            "Viikkopalaveri",
            EVERY_WEEK,
            exceptions={
                date(2026, 1, 14): Override(cancelled=True),
                date(2026, 1, 21): Override(when=replace(AN_HOUR, start=NINE, end=NINE + timedelta(hours=2))),
                date(2026, 1, 28): Override(title="Toinen", location="", notes="x", show_as=ShowAs.FREE),
                date(2026, 2, 4): Override(when=AllDay(date(2026, 2, 5), date(2026, 2, 6))),
            },
        ),
        Entry("Syntymäpäivä", Series(replace(WEEKLY, until=date(2027, 1, 1)), None, timedelta(days=2), "Asia/Tokyo")),
        Entry("Yövuoro", Series(WEEKLY, time(22), timedelta(hours=9), "Europe/Helsinki")),
        # the clock skips 03:00-04:00 on the very day the series begins
        Entry(
            "Aukossa",
            Series(
                replace(WEEKLY, start=date(2026, 3, 29), days=frozenset({6})),
                time(3, 30),
                timedelta(hours=1),
                "Europe/Helsinki",
            ),
        ),
    ],
    ids=lambda entry: entry.title,
)
def test_what_is_created_is_read_back_the_same(port: OrmActivities, aino: User, entry: Entry) -> None:
    whole = replace(entry, who=frozenset({str(aino.pk)}))
    (id,) = port.create([Draft(entry=whole, owner=str(aino.pk), edited_at=EDITED)])
    read = only(port, id).entry
    for group in Group:
        assert same(group, whole, read), group
    assert read.when == whole.when


def test_what_cannot_be_made_is_refused_by_itself(port: OrmActivities, aino: User) -> None:
    """B2: one bad entry never takes the rest with it."""
    backwards = draft(aino, when=Timed(NINE, NINE - timedelta(hours=1)))
    with pytest.raises(Invalid) as refused:
        port.create([backwards])
    assert refused.value.reason == "ends-before-start"
    with pytest.raises(StaleVersion):
        port.create([draft(aino), backwards])
    with pytest.raises(Invalid, match="zone"):
        port.create([draft(aino, when=replace(EVERY_WEEK, zone="Mars/Olympus"))])
    assert not Activity.objects.exists()


def test_a_strange_zone_of_a_single_entry_is_only_a_way_to_show_it(port: OrmActivities, aino: User) -> None:
    (id,) = port.create([draft(aino, when=replace(AN_HOUR, zone="Mars/Olympus"))])
    assert Activity.objects.get(pk=id).time_zone == "Europe/Helsinki"


def test_a_meeting_keeps_its_organiser_and_guests(port: OrmActivities, aino: User, eero: User) -> None:
    """B10: organised by an outsider, it has no owner, and is shown by the organiser's name."""
    guest = Person("guest@muu.example", "Vieras", Response.ACCEPTED)
    meeting = replace(
        draft(aino),
        owner=None,
        organiser=Person("boss@muu.example", "Johtaja"),
        guests=(guest,),
        entry=replace(draft(aino).entry, who=frozenset({str(aino.pk), str(eero.pk)})),
    )
    (id,) = port.create([meeting])
    made = Activity.objects.get(pk=id)
    assert (made.owner, made.organiser_name, made.organiser_address) == (None, "Johtaja", "boss@muu.example")
    assert made.guests == [{"name": "Vieras", "address": "guest@muu.example", "response": "accepted"}]
    assert only(port, id).entry.who == {str(aino.pk), str(eero.pk)}


# --- types (S10) ---------------------------------------------------------------------------------


def test_private_becomes_personal_and_the_rest_the_default(
    port: OrmActivities, aino: User, types: dict[str, ActivityType]
) -> None:
    private, plain = port.create([draft(aino, private=True), draft(aino)])
    assert Activity.objects.get(pk=private).type == types["personal"]
    assert Activity.objects.get(pk=plain).type == types["meeting"]


def test_without_a_personal_type_private_stays_private(aino: User, aino_box: Mailbox, link: Connection) -> None:
    """B9: it becomes an ordinary activity, and its details are still hidden."""
    link.personal_type = None
    link.save()
    aino_box.refresh_from_db()
    port = OrmActivities(aino_box)
    (id,) = port.create([draft(aino, private=True)])
    made = Activity.objects.get(pk=id)
    assert made.is_private
    assert made.type.category == Category.CALENDAR_ENTRY


def test_without_a_default_type_nothing_is_made(port: OrmActivities, aino: User) -> None:
    ActivityType.objects.update(is_default=False)
    with pytest.raises(Denied) as refused:
        port.create([draft(aino)])
    assert refused.value.code == "no_default_type"


def test_the_type_follows_privacy(port: OrmActivities, aino: User, types: dict[str, ActivityType]) -> None:
    (id,) = port.create([draft(aino)])
    private = Edit(draft(aino, private=True).entry, frozenset({Group.PRIVACY}), EDITED)
    version = port.change(id, 1, private)
    assert Activity.objects.get(pk=id).type == types["personal"]
    port.change(id, version, replace(private, entry=draft(aino).entry))
    assert Activity.objects.get(pk=id).type == types["meeting"]


def test_a_type_that_a_person_chose_is_never_reset(
    port: OrmActivities, aino: User, make: Callable[..., Activity], types: dict[str, ActivityType]
) -> None:
    (id,) = port.create([draft(aino)])
    version = changes.set_type(UUID(id), 1, types["internal"].pk, Origin(edited_at=EDITED, by=aino.pk))
    for each, at in ((id, version), (str(make(type_id=types["internal"].pk).pk), 1)):
        port.change(each, at, Edit(draft(aino, private=True).entry, frozenset({Group.PRIVACY}), EDITED))
        changed = Activity.objects.get(pk=each)
        assert changed.is_private
        assert changed.type == types["internal"]


# --- changing ------------------------------------------------------------------------------------


def test_only_the_groups_named_are_changed(port: OrmActivities, make: Callable[..., Activity], aino: User) -> None:
    made = make(location="Kamari")
    edited = EDITED + timedelta(hours=3)
    entry = Entry("Uusi", EVERY_WEEK, location="Sali", exceptions={date(2026, 1, 14): Override(cancelled=True)})
    groups = frozenset({Group.TITLE, Group.WHEN, Group.OCCURRENCES})
    assert port.change(str(made.pk), 1, Edit(entry, groups, edited)) == 2
    record = only(port, made.pk)
    assert record.entry == replace(entry, location="Kamari", who=frozenset({str(aino.pk)}))
    assert {group for group, at in record.times.items() if at == edited} == groups | {date(2026, 1, 14)}


def test_a_series_can_become_a_single_entry(port: OrmActivities, make: Callable[..., Activity], aino: User) -> None:
    (id,) = port.create([draft(aino, when=EVERY_WEEK, exceptions={date(2026, 1, 14): Override(title="x")})])
    port.change(id, 1, Edit(draft(aino).entry, frozenset({Group.WHEN}), EDITED))
    assert only(port, id).entry == draft(aino).entry


def test_who_takes_part_can_change_and_answers_are_kept(
    port: OrmActivities, make: Callable[..., Activity], aino: User, eero: User, person: Callable[..., User]
) -> None:
    made, liisa = make(participants=[eero.pk]), person("Liisa")
    Participant.objects.filter(user=eero).update(response="accepted")
    who = frozenset(str(each.pk) for each in (aino, eero, liisa))
    port.change(str(made.pk), 1, Edit(replace(draft(aino).entry, who=who), frozenset({Group.WHO}), EDITED))
    assert only(port, made.pk).entry.who == who
    assert set(made.participants.values_list("user__full_name", "response")) == {
        ("Eero Kuura", "accepted"),
        ("Liisa Kuura", "none"),
    }


def test_an_old_version_is_refused(port: OrmActivities, make: Callable[..., Activity], aino: User) -> None:
    made = make()
    edit = Edit(draft(aino, title="x").entry, frozenset({Group.TITLE}), EDITED)
    for attempt in (
        lambda: port.change(str(made.pk), 7, edit),
        lambda: port.change(str(uuid4()), 1, edit),
        lambda: port.remove(str(made.pk), 7, EDITED),
    ):
        with pytest.raises(StaleVersion):
            attempt()


def test_removing_twice_is_no_error(port: OrmActivities, make: Callable[..., Activity]) -> None:
    made = make()
    port.remove(str(made.pk), 1, EDITED)
    port.remove(str(made.pk), 1, EDITED)
    port.leave(str(made.pk), EDITED)
    port.respond(str(made.pk), Response.ACCEPTED, private=False)
    assert not Activity.objects.exists()


def test_leaving_takes_out_the_user_only(
    port: OrmActivities, make: Callable[..., Activity], aino: User, eero: User
) -> None:
    """B10: deleting one's own copy means leaving."""
    made = make(owner_id=eero.pk, participants=[aino.pk])
    port.leave(str(made.pk), EDITED)
    assert only(port, made.pk).entry.who == {str(eero.pk)}


def test_an_answer_and_a_mark_are_the_participants_own(
    port: OrmActivities, make: Callable[..., Activity], aino: User, eero: User
) -> None:
    """B9: an attendee's own mark hides only their participation."""
    made = make(owner_id=eero.pk, participants=[aino.pk])
    port.respond(str(made.pk), Response.TENTATIVE, private=True)
    port.respond(str(made.pk), Response.TENTATIVE, private=True)
    assert list(made.participants.values_list("response", "private")) == [("tentative", True)]
    made.refresh_from_db()
    assert (made.is_private, made.version) == (False, 2)


def test_a_new_activity_has_the_answer_and_mark_of_the_mailboxes_user_from_the_start(
    port: OrmActivities, aino: User, eero: User
) -> None:
    """B9, without a second version that other mailboxes would have to look at."""
    both = replace(draft(eero).entry, who=frozenset({str(aino.pk), str(eero.pk)}))
    meeting = replace(draft(eero), entry=both, participation=Participation(Response.TENTATIVE, private=True))
    [id] = port.create([meeting])
    answers = Participant.objects.filter(activity=id).values_list("user_id", "response", "private")
    assert set(answers) == {(aino.pk, "tentative", True), (eero.pk, "none", False)}
    made = Activity.objects.get(pk=id)
    assert (made.is_private, made.version) == (False, 1)


def test_people_are_found_by_primary_and_verified_addresses(port: OrmActivities, aino: User, eero: User) -> None:
    """S2."""
    EmailAddress.objects.create(user=eero, email="ee@muu.example", verified=True)
    EmailAddress.objects.create(user=eero, email="unproven@muu.example", verified=False)
    wanted = ["aino@kuura.example", "ee@muu.example", "unproven@muu.example", "nobody@kuura.example"]
    assert port.resolve(wanted) == {"aino@kuura.example": str(aino.pk), "ee@muu.example": str(eero.pk)}


def test_row_28_who_has_another_address_is_still_in_what_their_mailbox_was_invited_to(
    port: OrmActivities, eero: User, eero_box: Mailbox
) -> None:
    """S12: the new address opens nothing until it is proven, and takes nobody out of a meeting meanwhile."""
    old, eero.email = eero_box.address, "eero@married.example"
    eero.save()
    assert port.resolve([old.upper(), eero.email]) == {old: str(eero.pk), eero.email: str(eero.pk)}
    Mailbox.objects.update(proven_at=None, enabled=False)
    assert port.resolve([old]) == {}


# --- footers -------------------------------------------------------------------------------------


def test_a_footer_names_people_guests_and_project(
    port: OrmActivities, make: Callable[..., Activity], company: Company, aino: User, eero: User
) -> None:
    project = Project.objects.create(company=company, name="Silta", customer="Kunta")
    made = make(
        participants=[aino.pk, eero.pk],
        project_id=project.pk,
        guests=[{"name": "", "address": "guest@muu.example", "response": "none"}],
    )
    assert only(port, made.pk).footer.splitlines() == [
        "— Almanakka —",
        "Participants: Aino Kuura, Eero Kuura",
        "Guests: guest@muu.example",
        "Project: Silta (Kunta)",
    ]


def test_alone_and_without_a_project_there_is_no_footer(port: OrmActivities, make: Callable[..., Activity]) -> None:
    assert only(port, make().pk).footer == ""


def test_somebody_who_hides_taking_part_is_not_named(
    port: OrmActivities, make: Callable[..., Activity], eero: User
) -> None:
    made = make(participants=[eero.pk])
    Participant.objects.update(private=True)
    assert only(port, made.pk).footer == ""


def test_a_footer_has_a_link_where_the_address_is_known(
    aino_box: Mailbox, make: Callable[..., Activity], eero: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALMANAKKA_BASE_URL", "https://work.example/")
    made = make(participants=[eero.pk])
    assert only(OrmActivities(aino_box), made.pk).footer.endswith(f"https://work.example/activities/{made.pk}/")


# --- hints ---------------------------------------------------------------------------------------


def test_a_hint_is_forgotten_only_at_the_version_seen(
    port: OrmActivities, make: Callable[..., Activity], aino: User
) -> None:
    made = make()
    seen = port.hints()
    assert seen == [Hint(str(made.pk), 1)]
    changes.change(made.pk, 1, {"name": "Uusi"}, Origin(edited_at=EDITED))
    port.clear(seen)
    assert port.hints() == [Hint(str(made.pk), 2)]
    port.clear(port.hints())
    assert not ActivityHint.objects.exists()


def test_a_removal_outlives_the_version_that_it_removed(port: OrmActivities, make: Callable[..., Activity]) -> None:
    made = make()
    seen = port.hints()
    changes.remove(made.pk, 1, Origin(edited_at=EDITED))
    port.clear(seen)
    assert [hint.activity for hint in port.hints()] == [str(made.pk)]
