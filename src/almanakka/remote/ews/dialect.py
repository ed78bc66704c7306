"""Which server answers, and which schema version to ask it in (facts: ews §1.2, §1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from almanakka.remote.ews.markup import Element, t


class Dialect(StrEnum):
    """Values of ``RequestServerVersion``, oldest first. The last differs from the one before by one word of show-as."""

    EXCHANGE_2007 = "Exchange2007_SP1"
    EXCHANGE_2010 = "Exchange2010_SP1"
    EXCHANGE_2013 = "Exchange2013_SP1"

    @property
    def knows_zones(self) -> bool:
        """Whether there are StartTimeZone, EndTimeZone, TimeZoneContext, SmtpAddress and FirstDayOfWeek."""
        return self is not Dialect.EXCHANGE_2007

    @property
    def knows_elsewhere(self) -> bool:
        """Whether time can be shown as working elsewhere."""
        return self is Dialect.EXCHANGE_2013


@dataclass(frozen=True, slots=True)
class ServerVersion:
    """What a server says of itself in each answer; it may differ from mailbox to mailbox of one organisation."""

    major: int
    minor: int
    build: int = 0

    @property
    def name(self) -> str:
        """The name that people know it by; 2019 and Subscription Edition are told apart by nothing but their builds."""
        if self.major < 14:
            return "2007"
        if self.major == 14:
            return "2010"
        return {0: "2013", 1: "2016"}.get(self.minor, "2019 or SE")

    @property
    def dialect(self) -> Dialect:
        """The newest dialect that it understands."""
        if self.major < 14:
            return Dialect.EXCHANGE_2007
        return Dialect.EXCHANGE_2010 if self.major == 14 else Dialect.EXCHANGE_2013


def version_in(root: Element) -> ServerVersion | None:
    """Return what the header of an answer says; None where it says nothing that makes sense."""
    found = next(root.iter(t("ServerVersionInfo")), None)
    if found is None:
        return None
    try:
        numbers = [int(found.get(name, "0")) for name in ("MajorVersion", "MinorVersion", "MajorBuildNumber")]
    except ValueError:
        return None
    return ServerVersion(*numbers) if numbers[0] > 0 else None
