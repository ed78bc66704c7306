"""What is wrong with the certificate of a server, all of it: OpenSSL itself names only the first thing (B11)."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from almanakka.remote.checks import Cause

#: OpenSSL's X509_V_ERR_*: what its verification of a chain can end with.
_NO_ISSUER, _NO_ISSUER_OF_LEAF, _SELF_SIGNED, _ROOT_NOT_TRUSTED = 20, 21, 18, 19
_EXPIRED = 10
_TOO_WEAK = frozenset({66, 67, 68})  # too short a key of the certificate or of an authority, too weak a digest
_SHOWN = 5


def context(verify: str | None) -> ssl.SSLContext:
    """Return the context that our requests use, too. Raises OSError where its authorities cannot be read."""
    made = create_urllib3_context()
    path = verify or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    if os.path.isdir(path):
        made.load_verify_locations(capath=path)
    else:
        made.load_verify_locations(cafile=path)
    return made


def trusting_all() -> ssl.SSLContext:
    """Return a context with which a certificate can be looked at, and nothing may be sent."""
    made = create_urllib3_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def causes(der: bytes, host: str, error: ssl.SSLCertVerificationError, now: datetime) -> list[Cause]:
    """Return everything that is wrong with the certificate that ``host`` showed when it was refused with ``error``."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return [_other(error)]
    found = [*_trust(certificate, error.verify_code), *_time(certificate, now), *_name(certificate, host)]
    if error.verify_code == _EXPIRED and not any(cause.code == "certificate_expired" for cause in found):
        found.append(Cause("certificate_authority_expired", {"issuer": _issuer(certificate)}))
    return found or [_other(error)]


def ends(der: bytes) -> str:
    """Return the last day of a certificate; empty for one that cannot be read."""
    try:
        return _day(x509.load_der_x509_certificate(der).not_valid_after_utc)
    except ValueError:
        return ""


# --- inside --------------------------------------------------------------------------------------


def _trust(certificate: x509.Certificate, code: int) -> Iterator[Cause]:
    if code == _SELF_SIGNED:
        yield Cause("certificate_self_signed")
    elif code == _ROOT_NOT_TRUSTED:
        yield Cause("certificate_authority_unknown", {"issuer": _issuer(certificate)})
    elif code in (_NO_ISSUER, _NO_ISSUER_OF_LEAF):
        yield Cause("certificate_authority_unknown", {"issuer": _issuer(certificate)})
        yield Cause("certificate_chain_incomplete", {"issuer": _issuer(certificate)})
    elif code in _TOO_WEAK:
        yield Cause("certificate_too_weak")


def _time(certificate: x509.Certificate, now: datetime) -> Iterator[Cause]:
    if now > certificate.not_valid_after_utc:
        yield Cause("certificate_expired", {"date": _day(certificate.not_valid_after_utc)})
    if now < certificate.not_valid_before_utc:
        yield Cause("certificate_not_yet_valid", {"date": _day(certificate.not_valid_before_utc)})
        yield Cause("clock_wrong", {"date": _day(now)})


def _name(certificate: x509.Certificate, host: str) -> Iterator[Cause]:
    names = _names(certificate)
    if not any(_matches(name, host) for name in names):
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        yield Cause("certificate_wrong_name", {"host": host, "names": shown or "–"})


def _names(certificate: x509.Certificate) -> list[str]:
    """Return the names and addresses that a certificate is for; its common name has not counted for many years."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return [*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))]


def _matches(name: str, host: str) -> bool:
    """Whether a certificate for ``name`` is for ``host``, too: for telling people, not for deciding anything."""
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        first, _, rest = host.lower().partition(".")
        return name.lower() in (host.lower(), f"*.{rest}" if first and rest else host.lower())


def _issuer(certificate: x509.Certificate) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.issuer.get_attributes_for_oid(kind):
            return str(attribute.value)
    return certificate.issuer.rfc4514_string() or "–"


def _other(error: ssl.SSLCertVerificationError) -> Cause:
    return Cause("certificate_refused", {"said": error.verify_message})


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
