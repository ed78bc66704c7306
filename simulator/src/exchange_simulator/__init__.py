"""A Microsoft 365 tenant and an Exchange Server on loopback, for testing calendar clients."""

from .apps import App
from .control import Control
from .errors import Refusal
from .people import Person
from .server import RunningSimulator, running
from .world import Behaviour, Tenant, User, World

__all__ = [
    "App",
    "Behaviour",
    "Control",
    "Person",
    "Refusal",
    "RunningSimulator",
    "Tenant",
    "User",
    "World",
    "running",
]
