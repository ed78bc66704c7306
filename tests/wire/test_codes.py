"""A one-time code in the calendar, over both spokes (S12)."""

from __future__ import annotations

import re

import pytest

from almanakka.activities.models import Activity
from almanakka.calendars import clock, codes, switching
from almanakka.calendars.models import Mailbox, Proof

from .office import Office, single


def test_s12_a_code_is_read_in_the_calendar_and_removed(either_office: Office) -> None:
    place = either_office
    ben = place.ben
    ben.box.delete()
    ben.put(single("Lunch"))
    with clock.stopped_at(place.now):
        with pytest.raises(switching.Refused):
            switching.enable(ben.user, acting=ben.user)
        codes.write(switching.unproven(ben.user))
        (event,) = (each for each in ben.events() if each["subject"] != "Lunch")
        found = re.search(r"\d{4} \d{4}", event["subject"])
        assert found is not None
        assert (event["sensitivity"], event["isReminderOn"], event["attendees"]) == ("private", False, [])
        codes.enter(ben.user, found[0])
        assert ben.titles() == ["Lunch"]
        box = switching.enable(ben.user, acting=ben.user)
    assert box.proof == Proof.CODE
    ben.box = Mailbox.objects.get(pk=box.pk)
    place.run(ben)
    assert list(Activity.objects.filter(owner=ben.user).values_list("name", flat=True)) == ["Lunch"]
    assert place.simulator.control.mails(cause="client")["mails"] == []


def test_s12_what_nobody_entered_is_removed_when_its_time_is_over(either_office: Office) -> None:
    place = either_office
    with clock.stopped_at(place.now):
        codes.write(switching.unproven(place.ben.user))
    assert len(place.ben.titles()) == 1
    place.tick(seconds=codes.GOOD_FOR.total_seconds())
    with clock.stopped_at(place.now):
        assert codes.clear_up() == 1
        assert codes.clear_up() == 0
    assert place.ben.titles() == []
