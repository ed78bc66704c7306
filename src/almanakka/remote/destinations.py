"""Which addresses we connect to at somebody's word, and which never, however they are written (B11).

The person who enters an address is no operator of this installation: without a guard they could have it ask its own
machine, or its hosting provider's metadata service, for what is nobody's business. Private networks are fine: that is
where Exchange Servers live.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from almanakka.sync.errors import Denied

#: Set to 1 while developing: the demo, the tests and the simulator live on this machine.
LOOPBACK = "ALMANAKKA_ALLOW_LOOPBACK"

#: Below 1024 there are other services than an Exchange Server's; 444 is its own back end.
_LOW_PORTS = frozenset({443, 444})
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]@%]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: What urlsplit drops, browsers take for a slash, or nobody types.
_STRANGE = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")

#: learn.microsoft.com, cloud.google.com, docs.aws.amazon.com, alibabacloud.com, docs.oracle.com, scaleway.com; what
#: they have in 169.254.0.0/16 is link-local anyway.
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "metadata.tencentyun.com"}
    | {"instance-data", "instance-data.ec2.internal", "metadata.platformequinix.com"}
)
_METADATA_4 = frozenset(map(IPv4Address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192")))
_METADATA_6 = frozenset(map(IPv6Address, ("fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42")))
_NOWHERE = (IPv4Network("0.0.0.0/8"), IPv4Network("240.0.0.0/4"))
#: IPv6 prefixes behind which the last 32 bits are an IPv4 address: compatible, mapped, translated (RFC 2765), NAT64.
_HOLDING_IPV4 = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))


class Why(StrEnum):
    """Why an address is never connected to."""

    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "metadata"
    UNSPECIFIED = "unspecified"
    MULTICAST = "multicast"


class Malformed(Denied):
    """No address that could be meant; ``detail`` says what is strange about it."""

    code = "address_malformed"
    everywhere = True


class Insecure(Denied):
    """An address without TLS: a password would go out for everybody to read."""

    code = "address_insecure"
    everywhere = True


class Forbidden(Denied):
    """An address that is never connected to."""

    code = "address_forbidden"
    everywhere = True

    def __init__(self, host: str, why: Why) -> None:
        super().__init__(f"{host}: {why.value}", "address_loopback" if why is Why.LOOPBACK else None)
        self.why = why


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads: ``host`` in lower case, without brackets or a closing dot."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The same address in the one notation that leaves nothing open."""
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{self.address.removesuffix(f':{usual}')}{self.path}"


def loopback_allowed() -> bool:
    """Whether whoever runs this installation lets it connect to its own machine."""
    return os.environ.get(LOOPBACK, "").strip().lower() in ("1", "true", "yes", "on")


def entered(text: str) -> Destination:
    """Return where an address leads that somebody typed into the settings.

    Raises Malformed, Insecure or Forbidden; what a name resolves to is not looked at yet.
    """
    text = text.strip()
    if "?" in text or "#" in text:
        raise Malformed("there is a question mark or a number sign in it")
    return requested(text)


def requested(url: str) -> Destination:
    """Return where a request goes, whatever its query. Raises as :func:`entered` does."""
    if _STRANGE.search(url):
        raise Malformed("there is a space, a backslash or a control character in it")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Malformed("the host makes no sense") from None
    if parts.scheme not in ("https", "http"):
        raise Malformed("it does not begin with https://")
    if "@" in parts.netloc:
        raise Malformed("there is a user name or a password in it")
    found = _AUTHORITY.fullmatch(parts.netloc)
    if found is None:
        raise Malformed("the host or the port makes no sense")
    host = _host(found["host"])
    _refuse(host)
    if parts.scheme == "http" and not _is_this_machine(host):
        raise Insecure("it begins with http://")
    return Destination(parts.scheme, host, _port(found["port"], parts.scheme), parts.path)


def forbidden(address: str) -> Why | None:
    """Return why an IP address, as a resolver gives it, is never connected to; None for one that may be."""
    plain, _, zone = address.partition("%")
    ip = ip_address(plain)
    for each in (ip, *_held(ip)):
        why = Why.LINK_LOCAL if zone else _why(each)
        if why is not None and not (why is Why.LOOPBACK and loopback_allowed()):
            return why
    return None


# --- inside --------------------------------------------------------------------------------------


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError:
            raise Malformed("the host is no IPv6 address") from None
    try:
        host = text.encode("idna").decode("ascii").lower()  # full-width digits become plain ones here
    except UnicodeError:
        raise Malformed("the host has characters that no name has") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):  # resolvers take decimal, octal, hexadecimal and shortened notations
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise Malformed("the host is a number") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Malformed("the host is no name of a computer")
    return host


def _refuse(host: str) -> None:
    """Raise Forbidden for what needs no resolver."""
    if host in _METADATA_NAMES:
        raise Forbidden(host, Why.METADATA)
    if _is_name_of_this_machine(host):
        why: Why | None = None if loopback_allowed() else Why.LOOPBACK
    else:
        why = forbidden(host) if _is_ip(host) else None
    if why is not None:
        raise Forbidden(host, why)


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return 443 if scheme == "https" else 80
    port = int(text)
    if port not in _LOW_PORTS and not 1024 <= port <= 65535:
        raise Malformed(f"no server of Microsoft's listens on port {port}")
    return port


def _is_ip(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _is_name_of_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _is_this_machine(host: str) -> bool:
    return _is_name_of_this_machine(host) or (_is_ip(host) and ip_address(host).is_loopback)


def _why(ip: IPv4Address | IPv6Address) -> Why | None:
    if ip in _METADATA_4 or ip in _METADATA_6:
        return Why.METADATA
    if ip.is_loopback:
        return Why.LOOPBACK
    if ip.is_link_local:
        return Why.LINK_LOCAL
    if ip.is_multicast:
        return Why.MULTICAST
    if ip.is_unspecified or any(ip in network for network in _NOWHERE):
        return Why.UNSPECIFIED
    return None


def _held(ip: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(ip, IPv4Address) or ip.is_loopback or ip.is_unspecified:
        return
    if any(ip in network for network in _HOLDING_IPV4):
        yield IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.sixtofour is not None:
        yield ip.sixtofour
    if ip.teredo is not None:
        yield from ip.teredo
