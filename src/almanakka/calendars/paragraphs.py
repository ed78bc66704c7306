"""Which paragraph of the guides says more about an error, by the code of its sentences."""

from __future__ import annotations

from collections.abc import Mapping

_CODES: Mapping[str, tuple[str, ...]] = {
    # the guide for everybody
    "on": ("not_yourself", "switched_off", "company_off"),
    "address": (
        "address_unknown",
        "address_ambiguous",
        "address_unproven",
        "address_changed",
        "mailbox_taken",
        "code_wrong",
        "code_over",
        "code_too_soon",
    ),
    "waits": ("invalid",),
    # the guide for administrators
    "microsoft-365": ("not_administrator",),
    "registration": (
        "not_registered",
        "tenant_unknown",
        "tenant_taken",
        "app_unknown",
        "app_disabled",
        "scope_wrong",
    ),
    "permissions": (
        "denied",
        "not_granted",
        "consent_missing",
        "consent_declined",
        "consent_stale",
        "callback_malformed",
        "permission_missing",
        "token_refused",
        "sign_in_blocked",
        "sign_in_failed",
    ),
    "credential": (
        "secret_wrong",
        "secret_expired",
        "secret_missing",
        "secret_unreadable",
        "certificate_unknown",
        "certificate_unusable",
    ),
    "limit": ("mailbox_denied",),
    "delegate": ("impersonation_missing", "impersonation_denied", "ews_disabled"),
    "server-settings": (
        "url_missing",
        "url_wrong",
        "delegate_missing",
        "address_malformed",
        "address_insecure",
        "address_forbidden",
        "address_loopback",
        "authorities_missing",
        "certificate_untrusted",
        "sign_in_refused",
        "sign_in_unfinished",
    ),
    "types": ("no_default_type",),
    "people": (
        "mailbox_not_found",
        "mailbox_on_premises",
        "mailbox_not_on_server",
        "mailbox_disabled",
        "calendar_missing",
    ),
    "moving": ("move_incomplete",),
}
#: What goes by by itself.
STATES = "states"
PARAGRAPHS: Mapping[str, str] = {code: anchor for anchor, codes in _CODES.items() for code in codes}


def paragraph(code: str) -> str:
    """Return the anchor of what the guides say about ``code``."""
    return PARAGRAPHS.get(code, STATES)
