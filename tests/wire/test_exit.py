"""Switching off and removing only what we created, over both spokes (B13)."""

from __future__ import annotations

from almanakka.calendars import clock, switching
from almanakka.calendars.models import Mailbox, Pair

from .office import Office, single, weekly


def test_b13_only_what_we_created_is_removed_whatever_cuts_it_short(either_office: Office) -> None:
    place = either_office
    for days in range(3):
        place.make(single(f"Ours {days}", days=days))
        place.anna.put(single(f"Theirs {days}", days=days))
    place.make(weekly("Our series"))
    place.anna.put(weekly("Their series"))
    place.make(single("Both", days=5))
    place.anna.put(single("Both", days=5))
    place.run()
    theirs = sorted(["Their series", "Both", *(f"Theirs {days}" for days in range(3))])
    assert len(place.anna.titles()) == 9
    with clock.stopped_at(place.now):
        switching.leave(place.anna.user, acting=place.anna.user)
    place.fault("drop_after", after=3, count=2)
    for _ in range(6):
        place.tick(minutes=20)
        place.anna.box.refresh_from_db()
        if place.anna.box.enabled:
            place.run()
    assert not place.anna.box.enabled
    assert sum(fault["fired"] for fault in place.simulator.control.list_faults()["faults"]) == 2
    assert place.anna.titles() == theirs
    assert set(Pair.objects.values_list("born", flat=True)) == {"there"}
    assert place.simulator.control.mails(cause="client")["mails"] == []


def test_b13_what_was_born_in_microsoft_is_never_touched_when_the_company_leaves(either_office: Office) -> None:
    place = either_office
    place.anna.put(single("Born there"))
    place.make(single("Born here", days=1))
    place.run()
    place.edit(place.activity("Born there"), location="Attic")
    place.calms_down()
    (before,) = (event for event in place.anna.events() if event["subject"] == "Born there")
    place.tick(days=365)
    with clock.stopped_at(place.now):
        switching.leave_company(_administrator(place), place.connection)
    place.run()
    assert place.anna.events() == [before]
    place.connection.refresh_from_db()
    assert not place.connection.enabled
    assert not Mailbox.objects.filter(enabled=True).exists()


def _administrator(place: Office) -> object:
    user = place.cecilia.user
    user.role = "administrator"
    user.save()
    return user
