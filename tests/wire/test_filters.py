"""S9's opt-in filters, from the page to the calendar, on either spoke: they keep out what is new, delete nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from almanakka.activities.models import Activity
from almanakka.calendars import clock, wiring
from almanakka.calendars.inbound import InboundFilter
from almanakka.calendars.models import Mailbox
from almanakka.sync.entry import ShowAs

from .office import Office, Somebody, single


def choose(office: Office, somebody: Somebody | None = None, **chosen: Any) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login((somebody or office.anna).user)
    with clock.stopped_at(office.now):
        given = {"categories": "", "words": "", **chosen}
        assert client.post("/profile/calendar-sync/filters", given).status_code == 302


def ours(office: Office) -> list[str]:
    return sorted(Activity.objects.filter(company=office.company).values_list("name", flat=True))


def test_s9_without_a_choice_everything_comes_in(either_office: Office) -> None:
    office = either_office
    office.anna.put(single("Free", show_as=ShowAs.FREE), categories=["Home"])
    office.calms_down()
    assert ours(office) == ["Free"]
    assert not InboundFilter.objects.exists()


def test_s9_what_somebody_leaves_out_stays_out_and_is_told(either_office: Office) -> None:
    office, anna = either_office, either_office.anna
    choose(office, free="on", tentative="on", categories="Home\nHobby", words="gym")
    anna.put(single("Free", show_as=ShowAs.FREE))
    anna.put(single("Perhaps", show_as=ShowAs.TENTATIVE, days=1))
    anna.put(single("Plumber", days=2), categories=["HOME"])
    anna.put(single("At the GYM", days=3))
    anna.put(single("Board", days=4), categories=["Work"])
    with clock.stopped_at(office.now):
        preview = wiring.preview(anna.box)
    assert preview.skipped == {"filtered": 4}
    row = office.run()
    assert (ours(office), row.skipped) == (["Board"], {"filtered": 4})
    office.calms_down()
    assert len(anna.events()) == 5
    assert office.simulator.control.mails(cause="client")["mails"] == []


def test_s9_a_change_of_filter_deletes_nothing_and_lets_in_what_now_passes(either_office: Office) -> None:
    office, anna = either_office, either_office.anna
    free = anna.put(single("Free", show_as=ShowAs.FREE))
    office.calms_down()
    choose(office, free="on", words="gym")
    gym = anna.put(single("Gym", days=1))
    office.calms_down()
    assert (ours(office), anna.titles()) == (["Free"], ["Free", "Gym"])
    anna.outlook.edit_event(free, {"subject": "Still free"})  # what is paired goes on
    office.calms_down()
    assert ours(office) == ["Still free"]
    choose(office)
    office.calms_down()
    assert ours(office) == ["Gym", "Still free"]
    anna.outlook.delete_event(gym)
    office.calms_down()
    assert ours(office) == ["Still free"]
    office.ends_well()


def test_s9_what_passes_after_an_edit_comes_in(either_office: Office) -> None:
    office = either_office
    choose(office, tentative="on")
    event = office.anna.put(single("Perhaps", show_as=ShowAs.TENTATIVE))
    office.calms_down()
    assert ours(office) == []
    office.anna.outlook.edit_event(event, {"showAs": "busy"})
    office.calms_down()
    assert ours(office) == ["Perhaps"]


def test_s9_s14_what_is_here_already_is_paired_and_not_doubled(either_office: Office) -> None:
    office = either_office
    choose(office, words="lunch")
    office.make(single())
    office.anna.put(single())
    assert office.run().counts == {"written": 0, "matched": 1}
    office.ends_well()


@pytest.mark.parametrize("first", ["anna", "ben"])
def test_s9_b10_a_meeting_that_one_leaves_out_is_no_mirror_with_them_when_a_colleague_brings_it_in(
    either_office: Office, first: str
) -> None:
    office, anna = either_office, either_office.anna
    choose(office, words="board")
    office.join(office.ben)
    event = anna.put(single("Board"))
    anna.outlook.invite(event, ["ben@contoso.test"])
    office.run(getattr(office, first))
    office.calms_down()
    assert ours(office) == ["Board"]
    assert [person.titles() for person in office.people] == [["Board"], ["Board"]]
    office.ends_well()


def test_s9_a_choice_is_ones_own_and_made_before_anything_is_on(either_office: Office) -> None:
    office = either_office
    Mailbox.objects.filter(user=office.cecilia.user).delete()
    choose(office, office.cecilia, all_day="on")
    assert [each.user for each in InboundFilter.objects.all()] == [office.cecilia.user]
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(office.cecilia.user)
    assert "checked" in client.get("/profile/calendar-sync/").content.decode()
    choose(office, office.cecilia, words="\n".join(f"word {n}" for n in range(51)))
    assert InboundFilter.objects.get().words == []
