"""Whether both sides show the same in the end, judged by what lies in either store and by nothing of the engine's."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from almanakka.activities.models import Activity
from almanakka.calendars.models import Hold, Mailbox
from almanakka.demo import stores
from almanakka.demo.compare import Window, is_old, sights

from .company import Somebody, token_of
from .histories import History

#: What Exchange refuses to hold although we asked for it: told to its person, and left as it is (B8). And what looks
#: the same twice, be it because somebody has copied it: told, and not merged (R10).
LAWFUL = ("refused", "unrepresentable", "duplicate")
_SPACE = re.compile(r"\s+")
Side = dict[str, list[Any]]


class Agreement:
    """Compares both sides of everybody whose synchronisation is on; each token that is excused has its reason."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.known = history.known
        self.problems: list[str] = []
        self.held = 0

    def check(self) -> None:
        for somebody in self.history.enabled:
            self._mailbox(somebody)
        self._nothing_lost()
        mails = self.history.simulator.control.mails(cause="client")["mails"]
        self.problems += [f"a mail was sent: {mail}" for mail in mails]
        self.problems += [f"an event with attendees was written: {each}" for each in self.history.offences]
        assert not self.problems, "\n".join(self.problems)

    # -- one mailbox

    def _mailbox(self, somebody: Somebody) -> None:
        holds = self._holds(somebody)
        events, activities = self._events(somebody), self._activities(somebody)
        window = self._window(somebody)
        for token in sorted(events.keys() | activities.keys()):
            there, here = events.get(token, []), activities.get(token, [])
            if any(f"event:{each['id']}" in holds for each in there) or any(f"activity:{e.pk}" in holds for e in here):
                self.held += 1
                continue
            self._token(somebody, token, there, here, window)

    def _token(self, somebody: Somebody, token: str, there: list[Any], here: list[Any], window: Window) -> None:
        what = f"{token} of {somebody.user}"
        there = [each for each in there if not is_old(stores.event_of(each), window)]
        here = [each for each in here if not is_old(stores.activity_of(each, False), window)]
        here = [each for each in here if not self._declined(each, somebody)]
        if any(self._off(each) for each in here):
            self._does_not_travel(what, somebody, token, there)
            return
        staying = sorted((each for each in there if self._may_stay(each, token)), key=_is_meeting, reverse=True)
        staying = staying[: max(0, len(there) - len(here))]
        there = [each for each in there if each not in staying]
        # whether a received meeting is private is its organiser's to say; the holder's own mark hides only them (B9)
        own = all(each["isOrganizer"] for each in there)
        shown_here = sorted(shown for each in here for shown in self._shown_here(each, somebody, window, own))
        shown_there = sorted(shown for each in there for shown in self._shown_there(each, window, own))
        two = self._organised_twice(token)
        if (shown_here != shown_there and not two) or len(here) != len(there):
            only = [f"   here  {x}" for x in shown_here if x not in shown_there][:4]
            only += [f"   there {x}" for x in shown_there if x not in shown_here][:4]
            self.problems.append(f"{what}: {len(here)} here, {len(there)} there\n" + "\n".join(only))
        single = token not in self.known.deleted and token not in self.known.copied and not two
        if single and max(len(here), len(there)) > 1:
            self.problems.append(f"{what} is doubled: {len(here)} here, {len(there)} there")

    def _off(self, activity: Activity) -> bool:
        return activity.type.category == "project_task" or not activity.type.synchronised

    def _does_not_travel(self, what: str, somebody: Somebody, token: str, there: list[Any]) -> None:
        """A mirror goes, what was born in Microsoft stays (S4, S13)."""
        if token in self.known.copied or token in self.known.organised or token in self.known.deleted:
            return
        stays = self.known.born_there.get(token) is somebody
        if len(there) != stays:
            self.problems.append(f"{what} does not travel, yet is {len(there)} times there")

    def _may_stay(self, event: dict[str, Any], token: str) -> bool:
        """A real meeting outlives its activity, and what was born there one that did not travel (B1, S13)."""
        if self._organised_twice(token) and _is_meeting(event):
            return True
        return token in self.known.deleted and (_is_meeting(event) or token in self.known.born_there)

    def _organised_twice(self, token: str) -> bool:
        """Two people made meetings of one activity: only one of the two speaks for it (R5)."""
        return len(self.known.organised.get(token, ())) > 1

    def _declined(self, activity: Activity, somebody: Somebody) -> bool:
        own = [each for each in activity.participants.all() if each.user_id == somebody.user.pk]
        return bool(own) and own[0].response == "declined"

    # -- the two stores

    def _events(self, somebody: Somebody) -> Side:
        found: Side = defaultdict(list)
        for event in somebody.events():
            declined = event["responseStatus"]["response"] == "declined" and not event["isOrganizer"]
            if not declined:
                found[token_of(event["bodyText"])].append(event)
        return found

    def _activities(self, somebody: Somebody) -> Side:
        found: Side = defaultdict(list)
        mine = Q(owner=somebody.user) | Q(participants__user=somebody.user)
        rows = Activity.objects.filter(mine).distinct().select_related("type")
        for row in rows.prefetch_related("occurrences", "participants"):
            found[token_of(row.notes)].append(row)
        return found

    def _shown_here(self, row: Activity, somebody: Somebody, window: Window, own: bool) -> list[Any]:
        mine = [each for each in row.participants.all() if each.user_id == somebody.user.pk]
        private = row.is_private or row.type.category == "personal" or any(each.private for each in mine)
        notes = _plain(row.notes)
        return [(sight, notes) for sight in sights(stores.activity_of(row, private and own), window)]

    def _shown_there(self, event: dict[str, Any], window: Window, own: bool) -> list[Any]:
        notes = _plain(event["bodyText"].partition("— Almanakka —")[0])
        stored = stores.event_of(event)
        return [(sight, notes) for sight in sights(replace(stored, private=stored.private and own), window)]

    def _holds(self, somebody: Somebody) -> set[str]:
        found = Hold.objects.filter(mailbox=somebody.mailbox)
        for hold in found:
            if hold.reason not in LAWFUL:
                self.problems.append(f"held for {somebody.user}: {hold} {hold.detail} {hold.title}")
        return {hold.item for hold in found}

    def _window(self, somebody: Somebody) -> Window:
        mailbox = Mailbox.objects.get(pk=somebody.mailbox.pk)  # type: ignore[union-attr]
        assert mailbox.cutoff is not None
        return Window(mailbox.cutoff, self.history.now + timedelta(days=150), ZoneInfo("Europe/Helsinki"))

    # -- all together

    def _nothing_lost(self) -> None:
        """What nobody deleted is where it was born; the mailboxes' comparison says the rest."""
        rows = Activity.objects.filter(company=self.history.company)
        here = {token_of(notes) for notes in rows.values_list("notes", flat=True)}
        for token in self.known.born_here.keys() - here - self.known.deleted:
            self.problems.append(f"{token} was born here and is lost")
        for token, somebody in self.known.born_there.items():
            if token not in self.known.deleted and token not in self._events(somebody):
                self.problems.append(f"{token} was born in the calendar of {somebody.user} and is lost")


def _is_meeting(event: dict[str, Any]) -> bool:
    return bool(event["attendees"]) or not event["isOrganizer"]


def _plain(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def check_last_runs(history: History) -> None:
    """A last run writes nothing and asks one question (S16)."""
    history.tick(minutes=11)
    for somebody in history.enabled:
        history.simulator.control.clear_requests()
        row = history.run_quietly(somebody)
        assert row is not None
        assert (row.error_code, row.written, row.kind, row.requests) == ("", 0, "quick", 1), (row.kind, row.counts)
        assert history.simulator.control.request_counts()["calendar"] == 1
