"""Where Microsoft Graph and its sign-in live, and how an installation reaches them (S6, B15)."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from almanakka.remote import guarded


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Microsoft's clouds: base addresses of the sign-in authority and of Graph, without version."""

    name: str
    authority: str
    graph: str


#: learn.microsoft.com/graph/deployments
CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        Cloud("us-l4", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        Cloud("us-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        Cloud("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    )
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate credential, both parts in PEM; the one with the key stays here, Entra has the public one."""

    private_key: str = field(repr=False)
    public: str


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """One company's way in: exactly one of ``secret`` and ``certificate`` is set.

    ``verify`` is the path of a CA bundle, or None for the machine's own. ``timeout`` is in seconds: to connect, and
    between bytes of the answer.
    """

    tenant: str
    client_id: str
    authority: str = CLOUDS["global"].authority
    graph: str = CLOUDS["global"].graph
    secret: str | None = field(default=None, repr=False)
    certificate: Certificate | None = None
    verify: str | None = None
    timeout: tuple[float, float] = (10.0, 60.0)

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.certificate is None):
            raise ValueError("exactly one of secret and certificate is needed")

    @property
    def own_addresses(self) -> bool:
        """Whether somebody entered them, instead of choosing one of Microsoft's clouds."""
        known = {address for cloud in CLOUDS.values() for address in (cloud.authority, cloud.graph)}
        return not {self.authority.rstrip("/"), self.graph.rstrip("/")} <= known

    def session(self) -> requests.Session:
        """Return a new session for these addresses, a guarded one where somebody entered them."""
        return guarded.session() if self.own_addresses else requests.Session()

    @property
    def root(self) -> str:
        """The address that every Graph path is appended to."""
        return f"{self.graph.rstrip('/')}/v1.0"
