"""App registrations, their credentials, and the tokens handed to them."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass(slots=True)
class Secret:
    """A client secret, perhaps expired."""

    value: str = field(repr=False)
    expires: dt.datetime | None = None


@dataclass
class App:
    """An app registration."""

    client_id: str
    name: str
    roles: list[str]
    redirect_uris: list[str]
    home_tenant: str | None = None
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[x509.Certificate] = field(default_factory=list)

    def add_secret(self, value: str, expires: dt.datetime | None = None) -> None:
        """One more secret that works until `expires`."""
        self.secrets.append(Secret(value, expires))

    def add_certificate(self, pem: str) -> None:
        """One more certificate (PEM) whose key may sign client assertions."""
        self.certificates.append(x509.load_pem_x509_certificate(pem.encode()))

    def secret_for(self, value: str) -> Secret | None:
        """The registered secret with that value."""
        return next((s for s in self.secrets if hmac.compare_digest(s.value, value)), None)

    def public_keys(self) -> list[rsa.RSAPublicKey]:
        """The RSA keys of the registered certificates."""
        keys = [certificate.public_key() for certificate in self.certificates]
        return [key for key in keys if isinstance(key, rsa.RSAPublicKey)]


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for; `user` (an id) only for tokens of a signed-in person."""

    tenant: str
    client_id: str
    roles: frozenset[str]
    expires: float
    user: str | None = None
