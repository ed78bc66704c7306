"""The engine's vocabulary in words for people: what was or would be done, what is left out, and why (B3, B4)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from almanakka.calendars import reasons

#: What a run counts and a preview lists, in the order in which people want to know it.
COUNTS: Mapping[str, Promise] = {
    "matched": _("are the same on both sides and are paired"),
    "created_there": _("are added to your Microsoft calendar"),
    "created_here": _("come from Microsoft and become activities"),
    "updated_there": _("are changed in your Microsoft calendar"),
    "updated_here": _("are changed in Almanakka"),
    "deleted_there": _("are removed from your Microsoft calendar"),
    "deleted_here": _("are removed from Almanakka"),
    "left": _("you no longer take part in"),
    "superseded": _("give way to the meeting itself"),
    "unlinked": _("are no longer followed"),
    "muted": _("stay where they are and are no longer followed"),
    "held": _("wait for you"),
    "kept": _("stay where they are and are no longer followed"),
    "left_out": _("are left out"),
}

#: The same of everybody's calendars, for administrators.
COUNTS_FOR_COMPANY: Mapping[str, Promise] = {
    "created_there": _("entries are added to people's Microsoft calendars"),
    "deleted_there": _("entries are removed from people's Microsoft calendars"),
    "updated_there": _("entries are changed in people's Microsoft calendars"),
    "muted": _("entries stay in Microsoft and are no longer followed"),
    "unlinked": _("entries stay where they are and are no longer followed"),
    "held": _("entries wait for their people's word, because they are many"),
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


def why(reason: str) -> str:
    """Return why something was done; nothing where it goes without saying."""
    return str(WHY.get(reason, ""))


def done(action: str, side: str) -> str:
    """Return what a journal entry says was done."""
    return str(DONE.get((action, side), DONE["updated", side if side in ("here", "there") else "here"]))


def not_undone(reason: str) -> str:
    """Return why something was left as it is when it was to be undone."""
    return str(NOT_UNDONE.get(reason, NOT_UNDONE["changed_since"]))


def left_out(reason: str) -> str:
    """Return why an entry is left out."""
    return str(LEFT_OUT.get(reason, "")) or reasons.phrase(reason)


def held(reason: str, detail: str) -> str:
    """Return what a hold waits for."""
    return str(HELD.get(reason, HELD["refused"])) % {"why": reasons.phrase(detail)}
