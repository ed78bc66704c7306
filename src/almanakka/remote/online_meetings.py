"""Notes that hold an online meeting: writing over them takes the meeting away."""

from __future__ import annotations

import re

# Graph's event-update says so; docs #12244, #16336.
_INVITATION = re.compile(
    r"https://(teams\.(microsoft|live)\.com/(l/meetup-join|meet)/|(meet|join)\.(lync|skype)\.com/)", re.IGNORECASE
)


def holds_online_meeting(notes: str) -> bool:
    """Whether the notes hold the block by which people join an online meeting."""
    return "://" in notes and _INVITATION.search(notes) is not None
