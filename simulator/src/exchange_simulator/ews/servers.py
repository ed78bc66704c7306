"""Exchange Servers: which version they are, who may sign in, and for whom they may act."""

from __future__ import annotations

from dataclasses import dataclass, field

#: What each version says of itself: major, minor, build, revision.
VERSIONS: dict[str, tuple[int, int, int, int]] = {
    "2007": (8, 3, 83, 0),
    "2010": (14, 2, 247, 5),
    "2013": (15, 0, 1497, 2),
    "2016": (15, 1, 2507, 27),
    "2019": (15, 2, 1544, 4),
    "SE": (15, 2, 2562, 17),
}
#: The request versions that each understands, oldest first.
SCHEMAS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)
_NEWEST = {
    "2007": "Exchange2007_SP1",
    "2010": "Exchange2010_SP2",
    "2013": "Exchange2013_SP1",
    "2016": "Exchange2016",
    "2019": "Exchange2016",
    "SE": "Exchange2016",
}
# Elements that the schemas before 2010 and before 2013 do not have.
_SINCE_2010 = frozenset(
    {"TimeZoneContext", "StartTimeZone", "EndTimeZone", "SmtpAddress", "FirstDayOfWeek", "GetServerTimeZones"}
    | {"StreamingSubscriptionRequest", "GetStreamingEvents", "SyncScope"}
)
_SINCE_2013 = frozenset({"StartWallClock", "EndWallClock", "EnhancedLocation", "TextBody", "IsOrganizer"})


@dataclass
class Account:
    """A service account: its password, and whom it may act for (None: everybody)."""

    password: str
    may_impersonate: bool = True
    scope: set[str] | None = None


@dataclass(eq=False)
class ExchangeServer:
    """One organisation's server, which answers at /EWS/Exchange.asmx for the people of one tenant.

    `accounts` are by name without domain, in lower case. `schemes` are the ways to sign in that it offers.
    """

    tenant: str
    domain: str
    version: str = "2019"
    accounts: dict[str, Account] = field(default_factory=dict)
    schemes: tuple[str, ...] = ("ntlm", "basic")
    binding_required: bool = False
    disabled_accounts: set[str] = field(default_factory=set)
    failed_sign_ins: int = 0

    def account(self, name: str) -> Account | None:
        """The account behind DOMAIN\\name, name or name@domain."""
        domain, _, short = name.rpartition("\\")
        if domain and domain.lower() != self.domain.lower():
            return None
        return self.accounts.get(short.partition("@")[0].lower())

    def understands(self, schema: str) -> bool:
        """Whether a request may be of that version."""
        return schema in SCHEMAS and SCHEMAS.index(schema) <= SCHEMAS.index(_NEWEST[self.version])

    def knows(self, element: str) -> bool:
        """Whether its schema has an element of that name."""
        major = VERSIONS[self.version][0]
        return not (major < 14 and element in _SINCE_2010) and not (major < 15 and element in _SINCE_2013)
