"""What a doctor looks at in a Microsoft 365 tenant, once the way there is free; nothing is written anywhere (B11, B15).

Sources: facts graph §1. A permission may be granted for the whole tenant, which a token tells, or mailbox by mailbox,
which only a mailbox shows. Whether a calendar can be written to is asked there by changing an event that does not
exist: who may not write is refused (403) before anybody looks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from msgspec import Struct

from almanakka.remote.checks import Cause, Look, Unmet
from almanakka.remote.graph.client import Client, Request, query
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.consent import NEEDED_ROLE, roles_in
from almanakka.remote.graph.refusals import refusal
from almanakka.remote.graph.tokens import Tokens
from almanakka.sync.errors import CalendarError, Denied, NotFound

#: A token that was not granted for all mailboxes: so many are tried before it counts as not granted at all.
_EXAMPLES = 3
#: An id that no event has, of the length that ids have: mostly zeros.
_NO_EVENT = "AAMkAA" + "A" * 146
#: What else may be behind an answer.
_BESIDES = {
    "consent_missing": ("consent_missing", "consent_recent"),
    "tenant_unknown": ("tenant_unknown", "cloud_wrong"),
    "app_unknown": ("app_unknown", "app_elsewhere"),
    "mailbox_not_found": ("mailbox_not_found", "person_gone"),
    "mailbox_on_premises": ("mailbox_on_premises", "mailbox_inactive"),
    "mailbox_denied": ("mailbox_denied", "group_recent"),
}


class Tenant:
    """One tenant, with a token of its own: the one that runs share may be older than what is wrong now.

    ``limit`` is in seconds per answer; ``examples`` are ids of mailboxes that shall open.
    """

    def __init__(self, settings: GraphSettings, limit: float, examples: Sequence[str] = ()) -> None:
        settings = replace(settings, timeout=(limit, limit))
        self._client = Client(settings, tokens=Tokens(settings))
        self._examples = examples[:_EXAMPLES]
        self._roles: frozenset[str] = frozenset()

    def close(self) -> None:
        self._client.close()

    def signing_in(self) -> list[Look]:
        return [("tenant", self._tenant)]

    def permissions(self) -> list[Look]:
        return [("permission", self._permission)]

    def looks_at(self, mailbox_id: str) -> list[Look]:
        """What to look at in one person's mailbox."""
        mailbox = _Mailbox(self._client, mailbox_id, NEEDED_ROLE in self._roles)
        return [("mailbox", mailbox.found), ("readable", mailbox.readable), ("writable", mailbox.writable)]

    # --- inside ----------------------------------------------------------------------------------

    def _tenant(self) -> str:
        try:
            self._roles = roles_in(self._client.tokens.get())
        except CalendarError as error:
            raise _told(error) from error
        return self._client.settings.tenant

    def _permission(self) -> str:
        if NEEDED_ROLE in self._roles:
            return NEEDED_ROLE
        for id in self._examples:
            mailbox = _Mailbox(self._client, id, False)
            try:
                mailbox.found()
                mailbox.writable()
            except (Unmet, Denied, NotFound):
                continue
            return NEEDED_ROLE
        missing = "permission_only_reads" if "Calendars.Read" in self._roles else "permission_not_granted"
        causes = [Cause(missing), Cause("consent_recent"), Cause("permission_by_mailbox")]
        raise Unmet(*causes, found=", ".join(sorted(self._roles)) or "–")


class _Folder(Struct, rename="camel"):
    can_edit: bool = True


class _Ids(Struct):
    """A page of anything, of which nothing is kept."""


class _Mailbox:
    """One person's calendar; ``everywhere`` says that the token itself permits writing in it."""

    def __init__(self, client: Client, id: str, everywhere: bool) -> None:
        self._client = client
        self._calendar = f"/users/{quote(id, safe='')}/calendar"
        self._everywhere = everywhere
        self._can_edit = True

    def found(self) -> str:
        try:
            folder = self._client.get(query(self._calendar, select="id,canEdit"), _Folder)
        except CalendarError as error:
            raise _told(error) from error
        self._can_edit = folder.can_edit
        return ""

    def readable(self) -> str:
        try:
            self._client.get(query(f"{self._calendar}/events", select="id", top="1"), _Ids)
        except CalendarError as error:
            raise _told(error) from error
        return ""

    def writable(self) -> str:
        if not self._can_edit:
            raise Unmet(Cause("calendar_read_only"), found="canEdit: false")
        if self._everywhere:
            return NEEDED_ROLE
        try:
            answer = self._client.send(Request("PATCH", f"{self._calendar}/events/{_NO_EVENT}", b"{}"))
        except CalendarError as error:
            raise _told(error) from error
        if answer.status == 403:
            raise Unmet(Cause("permission_only_reads"), Cause("consent_recent"), found=refusal(answer).detail)
        if answer.status in (400, 404):
            return NEEDED_ROLE
        raise _told(refusal(answer))


def _told(error: CalendarError) -> CalendarError | Unmet:
    """Return what an error of the spoke means to a doctor, who can say more than one word about some."""
    codes = _BESIDES.get(error.code)
    return error if codes is None else Unmet(*map(Cause, codes), found=error.detail)
