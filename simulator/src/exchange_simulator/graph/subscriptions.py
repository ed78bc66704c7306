"""Change notifications: not offered, and said so."""

from __future__ import annotations

from exchange_simulator.apps import Grant
from exchange_simulator.errors import Refusal
from exchange_simulator.world import World

from .call import Answer, Call


class Subscriptions:
    """Refuses every subscription."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call, grant: Grant) -> Answer:
        """Raises `Refusal` 501."""
        raise Refusal(501, "notImplemented", "This service does not offer change notifications.")
