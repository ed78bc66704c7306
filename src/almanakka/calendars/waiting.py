"""What waits for a person, in words, with the answers that make sense (B2, B11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from almanakka.accounts import short_dates
from almanakka.calendars import holds, words
from almanakka.calendars.models import Hold, Mailbox

#: What all holds of one reason are about, by how many there are.
TOLD = {
    "many_deletion_here": ngettext_lazy(
        "%(number)d entry was deleted in your Microsoft calendar, among many. It is still in Almanakka.",
        "%(number)d entries were deleted in your Microsoft calendar at once. They are still in Almanakka.",
        "number",
    ),
    "many_deletion_there": ngettext_lazy(
        "%(number)d entry is to be deleted in your Microsoft calendar, among many. It is still there.",
        "%(number)d entries are to be deleted in your Microsoft calendar at once. They are still there.",
        "number",
    ),
    "too_frequent": ngettext_lazy(
        "%(number)d entry changes again and again, so it is not synchronised for now.",
        "%(number)d entries change again and again, so they are not synchronised for now.",
        "number",
    ),
    "unrepresentable": ngettext_lazy(
        "%(number)d entry of your Microsoft calendar cannot be represented here. It is left as it is.",
        "%(number)d entries of your Microsoft calendar cannot be represented here. They are left as they are.",
        "number",
    ),
    "duplicate": ngettext_lazy(
        "%(number)d entry looks like another one of yours: the same name at the same time. Both are kept.",
        "%(number)d entries look like others of yours: the same name at the same time. All are kept.",
        "number",
    ),
    "refused": ngettext_lazy(
        "%(number)d entry was not accepted on the other side.",
        "%(number)d entries were not accepted on the other side.",
        "number",
    ),
}

#: Where one goes to look at something, with what the link says.
Link = tuple[str, str]

#: What the buttons say.
ANSWERS: Mapping[tuple[str, str], str | Promise] = {
    ("many_deletion_here", holds.DELETE): _("Delete in Almanakka too"),
    ("many_deletion_here", holds.PUT_BACK): _("Put back in Microsoft"),
    ("many_deletion_there", holds.DELETE): _("Delete in Microsoft too"),
    ("many_deletion_there", holds.PUT_BACK): _("Keep on both sides"),
    ("duplicate", holds.LEAVE): _("Keep both"),
}
OTHERWISE: Mapping[str, str | Promise] = {
    holds.TRY_AGAIN: _("Try again now"),
    holds.LEAVE: _("Leave as it is"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """All that waits for one reason; ``entries`` are the first of them, each with what is told of it."""

    reason: str
    number: int
    told: str
    answers: list[tuple[str, str]]
    entries: list[tuple[Hold, str, list[Link]]]

    @property
    def more(self) -> int:
        return self.number - len(self.entries)


@dataclass(frozen=True, slots=True)
class Row:
    """One hold as a line of a list; ``told`` and ``links`` are drawn already, ``at`` is ``since`` in ISO 8601.

    ``back`` is where one who has answered comes back to. It belongs to a row since it is nothing of the template's own.
    """

    id: int
    title: str
    told: str
    links: str
    at: str
    since: str
    back: str


def groups(mailbox: Mailbox | None, few: int) -> list[Group]:
    """What waits in an enabled mailbox, by reason."""
    if mailbox is None or not mailbox.enabled:
        return []
    return [
        Group(each.reason, each.number, told(each.reason, each.number), answers(each.reason), entries(each.first))
        for each in holds.waiting(mailbox.pk, few)
    ]


def told(reason: str, number: int) -> str:
    """Return what so many holds of a reason are about."""
    text = TOLD.get(reason, TOLD["refused"])
    return str(text % {"number": number})


def answers(reason: str) -> list[tuple[str, str]]:
    """Return what may be said to them, each with its button."""
    return [(answer, str(ANSWERS.get((reason, answer)) or OTHERWISE[answer])) for answer in holds.choices(reason)]


def entries(found: list[Hold]) -> list[tuple[Hold, str, list[Link]]]:
    """Return holds with what is told of each beyond its group, and where to look at it."""
    return [(hold, _detail(hold), _links(hold)) for hold in found]


def rows(found: Iterable[Hold], back: str) -> list[Row]:
    """Return holds as lines of a list, in the reader's language and zone."""
    zone, moment, nameless = timezone.get_current_timezone(), short_dates.of("SHORT_DATETIME_FORMAT"), _("(no name)")
    return [
        Row(
            id=hold.pk,
            title=hold.title or str(nameless),
            told=format_html('<br><span class="quiet">{}</span>', told) if told else "",
            links=_drawn(links),
            at=hold.since.astimezone(zone).isoformat(),
            since=moment(hold.since.astimezone(zone)),
            back=back,
        )
        for hold, told, links in entries(list(found))
    ]


def _drawn(links: list[Link]) -> str:
    link = '<a class="small unbroken" href="{}">{}</a>'
    return format_html("<br>{}", format_html_join(" · ", link, links)) if links else ""


def _detail(hold: Hold) -> str:
    silent = hold.reason in holds.DELETIONS or hold.reason == "duplicate"
    return "" if silent else words.held(hold.reason, hold.detail)


def _links(hold: Hold) -> list[Link]:
    """Both of two that look alike, to delete the one that is too many."""
    if hold.reason != "duplicate":
        return []
    one, other = (reverse("activity", args=[id]) for id in (hold.item.removeprefix("twin:"), hold.detail))
    return [(one, str(_("Open the newer one"))), (other, str(_("Open the older one")))]


def settled(answer: str, number: int) -> str:
    """Return what becomes of so many holds that a person has answered."""
    if answer == holds.DELETE:
        return ngettext("%(number)d entry is being deleted.", "%(number)d entries are being deleted.", number) % {
            "number": number
        }
    if answer == holds.PUT_BACK:
        return ngettext("%(number)d entry is being put back.", "%(number)d entries are being put back.", number) % {
            "number": number
        }
    if answer == holds.TRY_AGAIN:
        return ngettext("It is being tried again.", "They are being tried again.", number)
    return ngettext("It stays as it is.", "They stay as they are.", number)
