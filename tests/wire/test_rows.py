"""The rows of the conflict table that are about people rather than calendars, on either spoke."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from almanakka.activities.models import Activity
from almanakka.calendars import clock, schedule, switching, wiring
from almanakka.calendars.models import Mailbox, Pair

from .office import Office, single


def test_row_28_somebody_whose_address_changes_keeps_every_pair(either_office: Office) -> None:
    """Nothing runs until the new address is proven; then it is the same mailbox, and nothing is written (S2, S12)."""
    office, anna = either_office, either_office.anna
    office.make(single("Ours"))
    anna.put(single("Theirs", days=1))
    office.calms_down()
    world, new = office.simulator.world, "anna.new@contoso.test"
    holder = world.user(anna.user.email)
    holder.proxy_addresses[:] = [f"SMTP:{new}", f"smtp:{anna.user.email}"]
    holder.mail = holder.upn = new
    world.addresses[new] = holder
    anna.user.email = new
    anna.user.save()
    assert office.run().error_code == "address_changed"
    assert Pair.objects.count() == 2
    EmailAddress.objects.create(user=anna.user, email=new, verified=True)
    with clock.stopped_at(office.now):
        assert switching.enable(anna.user, acting=anna.user).pk == anna.box.pk
    assert office.run().written == 0
    assert anna.titles() == ["Ours", "Theirs"]
    assert Activity.objects.count() == Pair.objects.count() == 2


def test_row_39_the_mailbox_of_somebody_who_left_is_frozen_and_loses_nothing(either_office: Office) -> None:
    office, anna = either_office, either_office.anna
    ours = office.make(single("Ours"))
    theirs = anna.put(single("Theirs", days=1))
    office.calms_down()
    anna.user.is_active = False
    anna.user.save()
    anna.outlook.delete_event(theirs)
    office.edit(ours, name="Edited")
    Mailbox.objects.update(due_at=office.now)
    with clock.stopped_at(office.now):
        assert schedule.due() == []
        assert wiring.run_mailbox(anna.box.pk) is None
    assert anna.titles() == ["Ours"]
    assert Activity.objects.count() == Pair.objects.count() == 2
