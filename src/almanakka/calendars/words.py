"""The engine's vocabulary in words for people: what was or would be done, what is left out, and why (B3, B4)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from almanakka.calendars import reasons

#: What a run counts and a preview lists, in the order in which people want to know it.
COUNTS: Mapping[str, Promise] = {
    "matched": ngettext_lazy(
        "is the same on both sides and is paired", "are the same on both sides and are paired", "number"
    ),
    "created_there": ngettext_lazy(
        "is added to your Microsoft calendar", "are added to your Microsoft calendar", "number"
    ),
    "created_here": ngettext_lazy(
        "comes from Microsoft and becomes an activity", "come from Microsoft and become activities", "number"
    ),
    "updated_there": ngettext_lazy(
        "is changed in your Microsoft calendar", "are changed in your Microsoft calendar", "number"
    ),
    "updated_here": ngettext_lazy("is changed in Almanakka", "are changed in Almanakka", "number"),
    "deleted_there": ngettext_lazy(
        "is removed from your Microsoft calendar", "are removed from your Microsoft calendar", "number"
    ),
    "deleted_here": ngettext_lazy("is removed from Almanakka", "are removed from Almanakka", "number"),
    "left": ngettext_lazy("goes on without you", "go on without you", "number"),
    "superseded": ngettext_lazy("gives way to the meeting itself", "give way to the meeting itself", "number"),
    "unlinked": ngettext_lazy("is no longer followed", "are no longer followed", "number"),
    "muted": ngettext_lazy(
        "stays where it is and is no longer followed", "stay where they are and are no longer followed", "number"
    ),
    "held": ngettext_lazy("waits for you", "wait for you", "number"),
    "kept": ngettext_lazy("stays where it is, on both sides", "stay where they are, on both sides", "number"),
    "left_out": ngettext_lazy("is left out", "are left out", "number"),
}

#: The same of everybody's calendars, for administrators.
COUNTS_FOR_COMPANY: Mapping[str, Promise] = {
    "created_there": ngettext_lazy(
        "entry is added to people's Microsoft calendars", "entries are added to people's Microsoft calendars", "number"
    ),
    "deleted_there": ngettext_lazy(
        "entry is removed from people's Microsoft calendars",
        "entries are removed from people's Microsoft calendars",
        "number",
    ),
    "updated_there": ngettext_lazy(
        "entry is changed in people's Microsoft calendars",
        "entries are changed in people's Microsoft calendars",
        "number",
    ),
    "muted": ngettext_lazy(
        "entry stays in Microsoft and is no longer followed",
        "entries stay in Microsoft and are no longer followed",
        "number",
    ),
    "unlinked": ngettext_lazy(
        "entry stays where it is and is no longer followed",
        "entries stay where they are and are no longer followed",
        "number",
    ),
    "held": ngettext_lazy(
        "entry waits for its person's word, because many would be removed at once",
        "entries wait for their people's word, because many would be removed at once",
        "number",
    ),
}

#: Why an entry is left out, by the code that a run counts.
LEFT_OUT: Mapping[str, Promise] = {
    "too_old": _("ended more than 30 days before calendar sync was switched on"),
    "cancelled": _("was cancelled by its organiser"),
    "declined": _("you have declined it"),
    "project_task": _("project tasks never travel"),
    "type_not_synchronised": _("activities of this type do not go out"),
    "not_involved": _("you do not take part in it"),
    "unrepresentable": _("it cannot be represented on the other side"),
    "deleted_before": _("it was deleted before"),
    "already_here": _("it is there already"),
    "filtered": _("you have chosen to leave entries like it out"),
}

#: What a journal entry says was done, by action and side.
DONE: Mapping[tuple[str, str], Promise] = {
    ("created", "here"): _("Added to Almanakka"),
    ("created", "there"): _("Added to your Microsoft calendar"),
    ("updated", "here"): _("Changed in Almanakka"),
    ("updated", "there"): _("Changed in your Microsoft calendar"),
    ("deleted", "here"): _("Removed from Almanakka"),
    ("deleted", "there"): _("Removed from your Microsoft calendar"),
    ("left", "here"): _("You no longer take part"),
    ("muted", "here"): _("Left as it is, and no longer followed"),
    ("unlinked", "here"): _("No longer followed"),
    ("paired", "here"): _("Paired: the same entry on both sides"),
    ("paired", "there"): _("Paired: the same entry on both sides"),
    ("conflict", "here"): _("Changed on both sides: the change in Microsoft was kept"),
    ("conflict", "there"): _("Changed on both sides: the change in Almanakka was kept"),
}

#: Why it was done, by the engine's own words.
WHY: Mapping[str, Promise] = {
    "new in Microsoft": _("it is new in Microsoft"),
    "new here": _("it is new in Almanakka"),
    "changed in Microsoft": _("it was changed in Microsoft"),
    "changed here": _("it was changed in Almanakka"),
    "deleted here": _("it was deleted in Almanakka"),
    "deleted": _("it was deleted in Microsoft"),
    "deleted in Microsoft": _("it was deleted in Microsoft"),
    "gone": _("it was deleted in Microsoft"),
    "cancelled": _("its organiser cancelled it"),
    "declined": _("you declined it"),
    "no longer takes part": _("you no longer take part"),
    "project task": _("project tasks never travel"),
    "type not synchronised": _("activities of this type do not go out"),
    "both sides changed the same field": _("the same thing was changed on both sides"),
    "copy of a meeting": _("it is your copy of a meeting"),
    "paired": _("it was the same on both sides"),
    "edited in Microsoft after it was deleted here": _("it was edited in Microsoft after it was deleted in Almanakka"),
    "edited here after it was deleted in Microsoft": _("it was edited in Almanakka after it was deleted in Microsoft"),
    "superseded by the meeting itself": _("the meeting itself takes its place"),
    "a meeting is changed in Outlook": _(
        "a meeting is only changed by its organiser, who is asked before any mail goes out"
    ),
    "cancelled here": _("you cancelled the meeting in Almanakka"),
    "wanted back": _("you wanted it back"),
    "added here": _("Almanakka added it to your Microsoft calendar"),
    "added there": _("it came from Microsoft"),
    "meeting": _("it is a meeting"),
    "switched off": _("calendar sync was switched off, and you asked for that"),
    "undone": _("you have undone what was done before"),
    "undone without its type or project": _(
        "you have undone what was done before; its type or project is not there any more: it has the usual one or none"
    ),
    "taken out of a colleague's meeting of it": _("a colleague's meeting no longer includes you"),
}

#: Why something was not undone, by the code that `sync.undo` tells.
NOT_UNDONE: Mapping[str, Promise] = {
    "changed_since": _("it has been changed since"),
    "gone": _("it no longer exists, or is no longer followed"),
    "meeting": _("it is a meeting: only its organiser changes it, in Microsoft"),
    "asks": _("it is a meeting, of which people would get a mail: undo it by itself, and you are asked first"),
    "cancelled_there": _("a cancelled occurrence of a meeting is brought back in Outlook only"),
    "not_involved": _("you no longer take part in it"),
    "nothing_written": _("nothing was written then"),
    "shared": _("colleagues have it in their calendars too"),
    "still_so": _("the reason for which it was removed still holds"),
    "made_again": _("it has been made again already"),
    "not_accepted": _("it is not accepted as it was"),
    "project_task": _("project tasks never travel"),
    "type_not_synchronised": _("activities of this type do not go out"),
}

#: What a hold waits for, by its reason.
HELD: Mapping[str, Promise] = {
    "unrepresentable": _("It is left out: %(why)s."),
    "refused": _("It was not accepted: %(why)s. It is tried again when it changes."),
    "too_frequent": _("It changed more than three times in ten minutes. It is synchronised again once that is over."),
    "many_deletion_here": _(
        "Many entries were deleted in Microsoft at once. It is kept here until you say what to do."
    ),
    "many_deletion_there": _("Many activities were deleted at once. It stays in Microsoft until you say what to do."),
}


def counted(action: str, number: int) -> str:
    """Return what is done to so many entries, without the number."""
    return str(COUNTS[action] % {"number": number})  # type: ignore[operator]


def counted_for_company(action: str, number: int) -> str:
    """Return what is done to so many entries in everybody's calendars, without the number."""
    return str(COUNTS_FOR_COMPANY[action] % {"number": number})  # type: ignore[operator]


def why(reason: str) -> str:
    """Return why something was done; nothing where it goes without saying."""
    return str(WHY.get(reason, ""))


def done(action: str, side: str) -> str:
    """Return what a journal entry says was done."""
    return str(DONE.get((action, side), DONE["updated", side if side in ("here", "there") else "here"]))


def not_undone(reason: str) -> str:
    """Return why something was left as it is when it was to be undone."""
    return str(NOT_UNDONE.get(reason, NOT_UNDONE["changed_since"]))


def barred(reason: str) -> str:
    """Return, as a sentence, why something cannot be undone here at all; ``reason`` is one of those of `sync.undo`."""
    return f"{capfirst(NOT_UNDONE[reason])}."


def left_out(reason: str) -> str:
    """Return why an entry is left out."""
    return str(LEFT_OUT.get(reason, "")) or reasons.phrase(reason)


def held(reason: str, detail: str) -> str:
    """Return what a hold waits for."""
    return str(HELD.get(reason, HELD["refused"])) % {"why": reasons.phrase(detail)}
