"""What may stand in the settings of an Exchange Server, checked where it is entered (S8)."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: Where Exchange Web Services answer on every server.
PATH = "/ews/exchange.asmx"
_HOST = re.compile(r"[^\s/\\?#@%<>\"']+")
#: What no name of a domain or of an account in Active Directory holds; a colon would end the name (RFC 7617 §2).
_NOT_IN_DOMAIN = re.compile(r"[\x00-\x20\x7f\\/:*?\"<>|@]")
_NOT_IN_ACCOUNT = re.compile(r"[\x00-\x1f\x7f/:*?\"<>|]")


def validate_ews_url(url: str) -> None:
    """Refuse what does not look like the address of Exchange Web Services, with ValidationError.

    Where it leads, and whether we go there, :mod:`almanakka.remote.destinations` says.
    """
    parts = _split(url)
    if parts is None or parts.path.lower() != PATH or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValidationError(
            _("This is no Exchange URL: it looks like https://mail.example.com/EWS/Exchange.asmx."), code="ews_url"
        )


def validate_domain(name: str) -> None:
    """Refuse what is no domain's name, with ValidationError."""
    if _NOT_IN_DOMAIN.search(name):
        raise ValidationError(
            _("%(name)s is no name of a domain: it is the short one, such as CONTOSO."),
            params={"name": name},
            code="domain",
        )


def validate_account(name: str) -> None:
    """Refuse what is no account's name, with ValidationError."""
    if _NOT_IN_ACCOUNT.search(name) or name != name.strip() or name.count("\\") > 1:
        raise ValidationError(
            _("%(name)s is no name of an account: it is one such as calsync."), params={"name": name}, code="account"
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        whole = parts.hostname and _HOST.fullmatch(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    known = parts.scheme in ("https", "http")
    return parts if whole and known and url == url.strip() and url.isprintable() else None
