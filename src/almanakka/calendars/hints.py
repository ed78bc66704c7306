"""Notes for mailboxes that an activity has changed, written in the transaction that changed it (DESIGN §4.8)."""

from __future__ import annotations


def connect() -> None:
    """Listen to the activities."""
