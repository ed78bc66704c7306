"""What the people of a company do in Outlook, at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from almanakka.activities.models import Activity
from almanakka.sync.entry import Series
from contract.graph_outlook import as_graph

from . import sketches
from .company import OUTSIDER, Company, Somebody, token_of


class There(Company):
    """Every method is one deed of somebody's; what Exchange refuses raises Refusal."""

    def new_there(self) -> None:
        somebody, token = self.random.choice(self.people), self.token()
        entry = sketches.entry(self.random, token)
        event = as_graph(replace(entry, title=entry.title[:120])) | {"body": sketches.body(self.random, token)}
        if isinstance(entry.when, Series) and self.random.random() < 0.4:
            day = sketches.some_days(self.random, entry.when.recurrence)[0]
            event["cancelled"] = [day.isoformat()]
        somebody.outlook.create_event(event)
        self.known.born_there[token] = somebody
        self.say(f"{token} of {somebody.user} {type(entry.when).__name__}")

    def _event(self, wanted: Callable[[dict[str, Any]], bool] = lambda event: True) -> Any:
        found = [(somebody, event) for somebody in self.people for event in somebody.events() if wanted(event)]
        if not found:
            return None, None, ""
        somebody, event = self.random.choice(found)
        token = token_of(event["bodyText"])
        self.say(f"{token} of {somebody.user}")
        return somebody, event, token

    def edit_there(self) -> None:
        somebody, event, token = self._event()
        if event is None:
            return
        random = self.random
        kind = random.choice(("title", "where", "notes", "when", "when", "privacy", "show_as"))
        if not event["isOrganizer"]:
            kind = random.choice(("privacy", "show_as"))  # the rest of a received meeting is the organiser's
        self.say(kind)
        edit: dict[str, Any] = {}
        if kind == "title":
            edit = {"subject": sketches.title(random, token)[:120]}
        elif kind == "where":
            edit = {"location": {"displayName": sketches.place(random)}}
        elif kind == "notes":
            edit = {"body": self._notes_there(event, token)}
        elif kind == "privacy":
            edit = {"sensitivity": random.choice(("normal", "private"))}
        elif kind == "show_as":
            edit = {"showAs": random.choice(("free", "busy", "tentative", "oof"))}
        else:
            edit = sketches.times_in_graph(sketches.when(random))
        somebody.outlook.edit_event(event["id"], edit)

    def _notes_there(self, event: dict[str, Any], token: str) -> dict[str, str]:
        """Other notes; the block that we wrote under them stays where it is, is edited, or is deleted."""
        fresh = sketches.body(self.random, token)
        _, marker, rest = event["bodyText"].partition("— Almanakka —")
        if not marker or self.random.random() < 0.3:
            return fresh
        tail = marker + (rest if self.random.random() < 0.7 else "\nsomething else")
        return {"contentType": "text", "content": f"{sketches.notes(self.random, token)}\n\n{tail}"}

    def occurrence_there(self) -> None:
        somebody, event, _ = self._event(lambda event: bool(event["recurrence"]) and bool(event["isOrganizer"]))
        if event is None:
            return
        when = sketches.series_of(event)
        taken = set(event["cancelled"])
        days = [day for day in sketches.some_days(self.random, when.recurrence) if day.isoformat() not in taken]
        if not days:
            return
        day = days[0]
        kind = self.random.choice(("delete", "move", "title", "notes"))
        self.say(f"{day} {kind}")
        if kind == "delete":
            somebody.outlook.delete_event(event["id"], day)
        elif kind == "move":
            moved = sketches.times_in_graph(sketches.moved(self.random, when, day))
            somebody.outlook.edit_event(event["id"], moved, day)
        elif kind == "title":
            somebody.outlook.edit_event(event["id"], {"subject": f"P{self.random.randrange(1000)}"}, day)
        else:
            body = {"contentType": "text", "content": f"{token_of(event['bodyText'])} of this day"}
            somebody.outlook.edit_event(event["id"], {"body": body}, day)

    def delete_there(self) -> None:
        somebody, event, token = self._event()
        if event is None:
            return
        self._deleted_there(somebody, event, token)
        somebody.outlook.delete_event(event["id"])

    def _deleted_there(self, somebody: Somebody, event: dict[str, Any], token: str) -> None:
        """The owner or organiser deletes it for everybody; anybody else only leaves (B10)."""
        owned = Activity.objects.filter(company=self.company, notes__contains=token, owner=somebody.user).exists()
        real = bool(event["attendees"]) or not event["isOrganizer"]
        if (event["isOrganizer"] and real) or owned or self.known.born_there.get(token) is somebody:
            self.known.deleted.add(token)
        self.known.left.add((somebody.user.pk, token))

    def invite(self) -> None:
        somebody, event, token = self._event(lambda event: bool(event["isOrganizer"]))
        if event is None or not (event["attendees"] or self.random.random() < 0.7):
            return
        others = [each.user.email for each in self.people if each is not somebody] + [OUTSIDER]
        self.known.organised.setdefault(token, set()).add(somebody.user.pk)
        somebody.outlook.invite(event["id"], self.random.sample(others, self.random.choice((1, 1, 2, 3))))

    def respond(self) -> None:
        somebody, event, token = self._event(lambda event: not event["isOrganizer"])
        if event is not None:
            answer = self.random.choice(("accepted", "accepted", "tentativelyAccepted", "declined"))
            self.say(answer)
            if answer == "declined":
                self.known.left.add((somebody.user.pk, token))
            somebody.outlook.respond(event["id"], answer, send=self.random.random() < 0.8)

    def cancel(self) -> None:
        somebody, event, token = self._event(lambda event: bool(event["attendees"]) and bool(event["isOrganizer"]))
        if event is not None:
            self.known.deleted.add(token)
            somebody.outlook.cancel_meeting(event["id"])

    def copy(self) -> None:
        somebody, event, token = self._event()
        if event is None:
            return
        twin = somebody.outlook.copy_event(event["id"])
        if self.random.random() < 0.5:
            self.known.copied.add(token)
        else:
            fresh = self.token()
            somebody.outlook.edit_event(twin, {"subject": f"Copy {fresh}", "body": sketches.body(self.random, fresh)})
            self.known.born_there[fresh] = somebody
            self.say(f"as {fresh}")
