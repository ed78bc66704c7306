"""What can be done to a calendar, by an app or by a person: the one place that changes mailboxes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from . import draft as drafts
from . import ids, meetings
from .draft import NEVER, UNSET, Draft
from .errors import Refusal, invalid, not_found
from .item import Item, Variation, When
from .mail import Actor
from .mailbox import Mailbox
from .recurrence import Dates
from .text import join_url, with_join_link
from .world import User, World


def new_fields(owner: User) -> dict[str, Any]:
    """The fields of an event about which nothing was said."""
    return {
        "subject": "",
        "body": "",
        "importance": "normal",
        "sensitivity": "normal",
        "showAs": "busy",
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "responseRequested": True,
        "allowNewTimeProposals": True,
        "hideAttendees": False,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "categories": [],
        "location": drafts.read_location(None),
        "locations": [],
        "attendees": [],
        "organizer": {"emailAddress": owner.shown_address},
        "isOrganizer": True,
        "isCancelled": False,
        "responseStatus": {"response": "organizer", "time": NEVER},
        "hasAttachments": False,
    }


class Desk:
    """One mailbox in somebody's hands."""

    def __init__(self, world: World, owner: User, actor: Actor) -> None:
        if owner.mailbox is None:
            raise Refusal(404, "MailboxNotEnabledForRESTAPI", "The user has no mailbox.")
        self.world = world
        self.owner = owner
        self.actor = actor
        self.mailbox: Mailbox = owner.mailbox
        #: Whether nobody else learns of what is done (EWS's SendToNone).
        self.silent = False

    def create(
        self,
        body: dict[str, Any],
        calendar: int = 1,
        uid: str | None = None,
        received: dict[str, Any] | None = None,
    ) -> Item:
        """A new event; people invited get mail. `received` are the fields that make it a copy of somebody
        else's meeting. Raises `Refusal`."""
        self._must_be_let()
        draft = drafts.read(body)
        transaction = body.get("transactionId") or None
        if transaction:
            self._refuse_repeat(str(transaction))
        now = self.world.now()
        if draft.when is UNSET:
            raise invalid("start and end are required.")
        item = Item(
            number=self.mailbox.next_number(),
            calendar=calendar,
            uid=uid or ids.new_uid(now),
            when=draft.when,
            fields=new_fields(self.owner) | draft.fields,
            created=now,
            modified=now,
            properties=draft.properties,
            transaction=str(transaction) if transaction else None,
        )
        if draft.when.all_day and "showAs" not in draft.fields:
            item.fields["showAs"] = "free"
        if draft.recurrence is not UNSET and draft.recurrence is not None:
            item.recurrence, item.dates = draft.recurrence, Dates(draft.recurrence)
        if draft.attendees is not UNSET:
            item.fields["attendees"] = draft.attendees
        item.fields |= received or {}
        if item.fields["isOnlineMeeting"]:
            item.fields["body"] = with_join_link(item.fields["body"], item.uid)
        self.mailbox.add(item)
        if not self.silent:
            meetings.announce(self.world, self.owner, item, self.actor, before=[])
        return item

    def _must_be_let(self) -> None:
        if self.mailbox.read_only and self.actor.kind == "client":
            raise Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")

    def _refuse_repeat(self, transaction: str) -> None:
        number = self.mailbox.transactions.get(transaction)
        if number is None:
            return
        behaviour = self.world.behaviour
        extra = {}
        if behaviour.duplicate_transaction_names_event and number in self.mailbox.items:
            named = ids.Named(self.mailbox.number, number)
            extra = {"@event.existingEventId": ids.encode(named, immutable=True)}
        raise Refusal(
            behaviour.duplicate_transaction_status,
            "ErrorDuplicateTransactionId",
            f"Your request can't be completed. The TransactionId '{transaction}' in your request has already "
            "been used to create a different event. Please use a unique TransactionId.",
            extra=extra,
        )

    def update(self, item: Item, day: dt.date | None, body: dict[str, Any]) -> None:
        """Change an event, or one occurrence of a series, which then is an exception. Raises `Refusal`."""
        self._must_be_let()
        if day is None:
            self._update_master(item, body)
        else:
            self._update_occurrence(item, day, body)

    def rehearse(self, item: Item, day: dt.date | None, body: dict[str, Any]) -> Item:
        """What `update` would make of it, on a copy that nobody keeps."""
        twin = item.clone()
        if day is None:
            self._apply(twin, self._read(twin, body))
        else:
            self._vary(twin, day, body)
        return twin

    def _read(self, item: Item, body: dict[str, Any]) -> Draft:
        return drafts.read(
            body,
            current=item.when,
            recurrence=item.recurrence,
            attendees=item.fields["attendees"],
        )

    @staticmethod
    def _keep_online_meeting(item: Item, draft: Draft) -> None:
        """A new body without the join block takes the online meeting away; a new online meeting adds it."""
        online = item.fields["isOnlineMeeting"]
        if draft.fields.get("isOnlineMeeting") and not online:
            body = draft.fields.get("body", item.fields["body"])
            draft.fields["body"] = with_join_link(body, item.uid)
        elif online and "body" in draft.fields and join_url(item.uid) not in draft.fields["body"]:
            draft.fields |= {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown"}

    def _apply(self, item: Item, draft: Draft) -> set[str]:
        """Put a draft into an item; the names of what is different afterwards."""
        self._keep_online_meeting(item, draft)
        changed = {name for name, value in draft.fields.items() if item.fields.get(name) != value}
        item.fields = item.fields | draft.fields
        when = item.when if draft.when is UNSET else draft.when
        recurrence = item.recurrence if draft.recurrence is UNSET else draft.recurrence
        if recurrence != item.recurrence or (recurrence is not None and when != item.when):
            item.set_recurrence(recurrence)
            changed.add("recurrence")
        if when != item.when:
            changed.add("when")
        item.when = when
        if draft.attendees is not UNSET and draft.attendees != item.fields["attendees"]:
            item.fields["attendees"] = draft.attendees
            changed.add("attendees")
        if any(item.properties.get(key) != value for key, value in draft.properties.items()):
            changed.add("properties")
        item.properties = item.properties | draft.properties
        return changed

    def _update_master(self, item: Item, body: dict[str, Any]) -> None:
        draft = self._read(item, body)
        before = item.fields["attendees"]
        self.mailbox.forget_properties(item)
        changed = self._apply(item, draft)
        self.mailbox.index_properties(item)
        now = self.world.now()
        self.mailbox.touch(item, now)
        for variation in item.exceptions.values():
            variation.changed, variation.modified = item.changed, now
        if not self.silent:
            meetings.announce(self.world, self.owner, item, self.actor, before=before, changed=changed)

    def _update_occurrence(self, item: Item, day: dt.date, body: dict[str, Any]) -> None:
        before = item.effective(day)["attendees"]
        changed = self._vary(item, day, body)
        now = self.world.now()
        self.mailbox.touch(item, now)
        variation = item.exceptions[day]
        variation.changed, variation.modified = item.changed, now
        if not self.silent:
            meetings.announce(self.world, self.owner, item, self.actor, before=before, changed=changed, day=day)

    def _vary(self, item: Item, day: dt.date, body: dict[str, Any]) -> set[str]:
        if body.get("recurrence") is not None:
            raise invalid("An occurrence has no recurrence of its own.", "ErrorInvalidRequest")
        body = {key: value for key, value in body.items() if key != "recurrence"}
        current = item.when_on(day)
        fields = item.effective(day)
        draft = drafts.read(body, current=current, attendees=fields["attendees"])
        if draft.when is not UNSET and draft.when != current:
            self._check_boundaries(item, day, draft.when)
        changed = {name for name, value in draft.fields.items() if fields.get(name) != value}
        variation = item.exceptions.setdefault(day, Variation())
        variation.fields |= {name: draft.fields[name] for name in changed}
        if draft.when is not UNSET and draft.when != current:
            variation.when = draft.when
            changed.add("when")
        if draft.attendees is not UNSET and draft.attendees != fields["attendees"]:
            variation.fields["attendees"] = draft.attendees
            changed.add("attendees")
        variation.properties |= draft.properties
        return changed

    def _check_boundaries(self, item: Item, day: dt.date, when: When) -> None:
        """An occurrence stays strictly between the days of its neighbours, wherever those are now."""
        if item.dates is None:
            raise not_found()
        start = _local_day(item, when)
        before, after = item.dates.neighbours(day)
        if not self.world.behaviour.cancelled_neighbours_block:
            while before in item.cancelled:
                before = item.dates.neighbours(before)[0]
            while after in item.cancelled:
                after = item.dates.neighbours(after)[1]
        if (before and start <= _local_day(item, item.when_on(before))) or (
            after and start >= _local_day(item, item.when_on(after))
        ):
            raise Refusal(
                400,
                "ErrorOccurrenceCrossingBoundary",
                "Modified occurrence is crossing or overlapping adjacent occurrence.",
            )

    def remove(self, item: Item, day: dt.date | None, comment: str = "") -> None:
        """Delete an event, or cancel one occurrence. An organiser's meeting is cancelled by mail. Raises `Refusal`."""
        self._must_be_let()
        now = self.world.now()
        if day is None:
            self.mailbox.remove(item, now)
            if not self.silent:
                meetings.cancel(self.world, self.owner, item, self.actor, comment=comment)
            return
        attendees = item.effective(day)["attendees"]
        item.exceptions.pop(day, None)
        item.cancelled.add(day)
        self.mailbox.touch(item, now)
        if not self.silent:
            meetings.cancel_day(self.world, self.owner, item, day, attendees, self.actor)

    def cancel(self, item: Item, day: dt.date | None, comment: str = "") -> None:
        """Cancel a meeting that this mailbox organises. Raises `Refusal` 400 for anything else."""
        fields = item.effective(day)
        if not fields["isOrganizer"] or not fields["attendees"]:
            raise Refusal(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You need to be an organizer to cancel a meeting.",
            )
        self.remove(item, day, comment)

    def respond(self, item: Item, day: dt.date | None, answer: str, *, send: bool = True) -> None:
        """Answer an invitation: `accepted`, `tentativelyAccepted` or `declined`. Raises `Refusal` 400 when
        this mailbox is the organiser's."""
        if item.fields["isOrganizer"]:
            raise Refusal(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You can't respond to this meeting because you're the "
                "meeting organizer.",
            )
        meetings.respond(self.world, self.owner, item, day, answer, self.actor, send=send)


def _local_day(item: Item, when: When) -> dt.date:
    wall = when.start if when.all_day else when.start_utc.astimezone(item.when.zone)
    return wall.date()
