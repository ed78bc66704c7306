"""Requests about the events of one mailbox."""

from __future__ import annotations

import datetime as dt

from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal, bad_request
from exchange_simulator.item import Item
from exchange_simulator.mailbox import Calendar

from . import delta, listing, shapes
from .call import Answer, Call
from .query import read_selection
from .shapes import Writer

_ANSWERS = {"accept": "accepted", "tentativelyaccept": "tentativelyAccepted", "decline": "declined"}
_CONFLICT = (
    "The send or update operation could not be performed because the change key passed in the request does "
    "not match the current change key for the item."
)


class EventRequests:
    """Answers the requests of one caller about one mailbox."""

    def __init__(self, call: Call, desk: Desk, *, persist: bool = True) -> None:
        self.call = call
        self.desk = desk
        self.mailbox = desk.mailbox
        self._persist = persist

    def answer(self, tail: list[str]) -> Answer:
        """Answer by what follows the user in the path. Raises `Refusal`."""
        method = self.call.method
        folded = [part.lower() for part in tail]
        match (method, *folded):
            case ("GET", "calendar"):
                return Answer(body=self._calendar(1))
            case ("GET", "calendars"):
                return Answer(body={"value": [self._calendar(n) for n in self.mailbox.calendars]})
            case ("POST", "calendars"):
                return self._add_calendar()
            case ("GET", "calendars", _):
                return Answer(body=self._calendar(self.mailbox.calendar_number(tail[1])))
            case ("GET", "calendars", _, *_) | ("POST" | "PATCH" | "DELETE", "calendars", _, _, *_):
                return self._in_calendar(self.mailbox.calendar_number(tail[1]), tail[2:])
            case (_, "calendar", *_):
                return self._in_calendar(1, tail[1:])
        return self._in_calendar(1, tail)

    def _in_calendar(self, calendar: int, tail: list[str]) -> Answer:
        folded = [part.lower().removesuffix("()").removeprefix("microsoft.graph.") for part in tail]
        match (self.call.method, *folded):
            case ("GET", "events"):
                return listing.events(self.call, self.desk, calendar)
            case ("POST", "events"):
                return self._create(calendar)
            case ("GET", "calendarview"):
                return listing.calendar_view(self.call, self.desk, calendar)
            case ("GET", "calendarview" | "events", "delta"):
                if folded[0] == "events":
                    raise bad_request("Resource not found for the segment 'delta'.", "ErrorInvalidRequest")
                return delta.answer(self.call, self.desk, calendar)
            case (_, "events", _, *_):
                return self._one(tail[1], folded[2:])
        raise Refusal(400, "BadRequest", f"Resource not found for the segment '{tail[0] if tail else ''}'.")

    def _one(self, text: str, action: list[str]) -> Answer:
        item, day = self.mailbox.find(text)
        match (self.call.method, *action):
            case ("GET",):
                return Answer(body=self._shown(item, day))
            case ("PATCH",):
                return self._update(item, day)
            case ("DELETE",) | ("POST", "permanentdelete"):
                self._check_version(item, day)
                self.desk.remove(item, day)
                return Answer(204)
            case ("GET", "instances"):
                return listing.instances(self.call, self.desk, item)
            case ("POST", "cancel"):
                self.desk.cancel(item, day, str(self._parameters().get("comment", "")))
                return Answer(202)
            case ("POST", "accept" | "decline" | "tentativelyaccept"):
                send = self._parameters().get("sendresponse", True)
                self.desk.respond(item, day, _ANSWERS[action[0]], send=bool(send))
                return Answer(202)
        raise Refusal(405, "ErrorInvalidRequest", "The method is not allowed on this resource.")

    def _parameters(self) -> dict[str, object]:
        """The parameters of an action, names in lower case."""
        body = {} if self.call.body is None else self.call.body
        if not isinstance(body, dict):
            raise bad_request("The body is not a JSON object.")
        return {name.lower(): value for name, value in body.items()}

    def _calendar(self, number: int) -> dict[str, object]:
        immutable = self.call.preferences.immutable
        return shapes.calendar(self.mailbox, self.desk.owner, number, immutable=immutable)

    def _add_calendar(self) -> Answer:
        name = str(self._parameters().get("name") or "")
        if not name or any(c.name.lower() == name.lower() for c in self.mailbox.calendars.values()):
            raise Refusal(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        number = max(self.mailbox.calendars) + 1
        self.mailbox.calendars[number] = Calendar(number, name)
        return Answer(201, self._calendar(number))

    def _writer(self) -> Writer:
        selection = read_selection(self.call.options.get("$select"), self.call.options.get("$expand"))
        keep = self.desk.world.behaviour.exceptions_keep_occurrence_id
        return Writer(self.mailbox, self.call.preferences, selection, keep_ids=keep, by_id=True)

    def _shown(self, item: Item, day: dt.date | None) -> dict[str, object]:
        context = f"{self.call.base}/{self.call.version}/$metadata#users('')/calendar/events/$entity"
        return {"@odata.context": context, **self._writer().event(item, day)}

    def _create(self, calendar: int) -> Answer:
        item = self.desk.create(self.call.body, calendar)
        return Answer(201, self._shown(item, None))

    def _check_version(self, item: Item, day: dt.date | None) -> None:
        wanted = self.call.headers.get("if-match", "*").strip()
        if wanted == "*" or not self.desk.world.behaviour.if_match_honoured:
            return
        if wanted.removeprefix("W/").strip('"') != self._writer().key_of(item, day):
            raise Refusal(412, "ErrorIrresolvableConflict", _CONFLICT)

    def _update(self, item: Item, day: dt.date | None) -> Answer:
        self._check_version(item, day)
        if not isinstance(self.call.body, dict):
            raise bad_request("The body is not a JSON object.")
        if not self._persist:
            return Answer(200, self._shown(self.desk.rehearse(item, day, self.call.body), day))
        self.desk.update(item, day, self.call.body)
        return Answer(200, self._shown(item, day))
