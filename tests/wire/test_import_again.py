"""A file imported again after its activity was deleted: the same entry, on both spokes, once on each side."""

from __future__ import annotations

import pytest

from almanakka.activities.models import Activity, ActivityType
from almanakka.calendars import clock, ics_export, ics_files, ics_import

from .office import Office, single


def imported(place: Office, data: bytes) -> int:
    user = place.anna.user
    ics_files.keep(user, "mine.ics", data)
    file = ics_files.CalendarFile.objects.get(user=user)
    kind = ActivityType.objects.get(company_id=user.company_id, is_default=True)
    with clock.stopped_at(place.now):
        return ics_import.perform(user, file.pk, kind.pk, place.now)


def file_of(place: Office, title: str, uid: str) -> bytes:
    data = ics_export.file_of(place.anna.user, Activity.objects.filter(name=title))
    return data.replace(f"{place.activity(title).pk}@almanakka".encode(), uid.encode())


@pytest.mark.parametrize("settled", [True, False], ids=["after a run", "before any run"])
def test_what_was_deleted_comes_back_by_the_same_file(either_office: Office, *, settled: bool) -> None:
    place = either_office
    place.run()
    place.make(single("Lunch"))
    data = file_of(place, "Lunch", "lunch@elsewhere")
    place.delete(place.activity("Lunch"))
    place.calms_down()
    assert imported(place, data) == 1
    place.calms_down()
    assert place.anna.titles() == ["Lunch"]
    place.tick(minutes=5)
    place.delete(place.activity("Lunch"))
    if settled:
        place.calms_down()
        assert place.anna.titles() == []
    place.tick(minutes=5)
    assert imported(place, data) == 1
    place.calms_down()
    assert place.anna.titles() == ["Lunch"]
    place.ends_well()
