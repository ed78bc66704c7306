"""How one person's synchronisation stands, in words for that person (UI: Home, My profile)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.models import User
from almanakka.calendars import clock
from almanakka.calendars.models import Connection, Health, Mailbox, Run
from almanakka.calendars.sentences import sentence

#: A run that was asked for and has not begun by then has no worker to begin it.
SOON = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """``state`` is a word for style sheets, ``word`` one for people; ``told`` the sentences if something is wrong."""

    mailbox: Mailbox | None
    company_on: bool
    state: str
    word: object
    told: list[str]
    last: Run | None = None
    run: Run | None = None

    @property
    def is_on(self) -> bool:
        return self.mailbox is not None and self.mailbox.enabled

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def ago(self) -> str:
        """How long ago the last run ended, in words; empty where that was less than a minute ago."""
        ended = self.last.ended_at if self.last is not None else None
        now = clock.now()
        return timesince(ended, now) if ended is not None and now - ended >= timedelta(minutes=1) else ""

    @property
    def again_at(self) -> datetime | None:
        """When it is looked at again by itself, if that is known."""
        mailbox = self.mailbox
        return None if mailbox is None else mailbox.not_before or mailbox.due_at


def of(user: User) -> Standing:
    """Tell how the user's synchronisation stands. Three statements at the most."""
    mailbox = Mailbox.objects.select_related("connection").filter(user=user).first()
    company_on = (mailbox is not None and mailbox.connection.enabled) or _is_on(user.company_id)
    if mailbox is None or not mailbox.enabled:
        paused = mailbox is not None and mailbox.paused_at is not None
        return Standing(mailbox, company_on, "off", _("Paused") if paused else _("Off"), [])
    begun = mailbox.first_done_at is None and mailbox.leased_until is not None
    last = mailbox.runs.filter(ended_at__isnull=False).order_by("-started_at").first()
    state, word = _state(mailbox)
    told = sentence(mailbox.error_code).told(address=mailbox.address, addresses=mailbox.address)
    return Standing(
        mailbox,
        company_on,
        state,
        word,
        told if mailbox.error_code else [],
        last,
        mailbox.runs.filter(ended_at__isnull=True).order_by("-started_at").first() if begun else None,
    )


def _is_on(company_id: UUID) -> bool:
    return Connection.objects.filter(company_id=company_id, enabled=True).exists()


def _state(mailbox: Mailbox) -> tuple[str, object]:
    if not mailbox.connection.enabled:
        return "off", _("Off for the whole company")
    if mailbox.clearing_at is not None:
        return "running", _("Being switched off: what Almanakka added is removed")
    if mailbox.leased_until is not None and mailbox.leased_until > clock.now():
        return "running", _("Synchronising now")
    if mailbox.health in (Health.NEW, Health.WELL):
        return ("running", _("About to begin")) if mailbox.first_done_at is None else ("well", _("In step"))
    return mailbox.health, mailbox.get_health_display()
