"""Signing a person in at a tenant: OpenID Connect's authorization code flow with PKCE, state and nonce.

learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and id-token-claims-reference. Who somebody is at
Microsoft is `tid` and `oid` alone: names and addresses in a token can be set by whoever runs some other tenant.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests

from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.tokens import confidential_app
from almanakka.sync.errors import Denied, Unreachable

#: Seconds by which the clocks of two machines may differ.
SKEW = 300


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has just signed in: ``id`` is the directory's own, within ``tenant``."""

    tenant: str
    id: str


def begin(settings: GraphSettings, redirect_uri: str, hint: str = "") -> tuple[str, dict[str, Any]]:
    """Return where to send the browser, and what :func:`finish` is to be given when it comes back.

    The second is for the browser's own session, and good for one attempt. Raises CalendarError.
    """

    def ask() -> dict[str, Any]:
        with warnings.catch_warnings():
            # msal would rather have the browser post its answer, but then it comes without its session: SameSite=Lax
            warnings.filterwarnings("ignore", message="response_mode")
            return dict(
                confidential_app(settings).initiate_auth_code_flow(
                    [], redirect_uri=redirect_uri, login_hint=hint or None, prompt="select_account"
                )
            )

    flow = _asked(ask)
    return str(flow.pop("auth_uri")), flow


def finish(settings: GraphSettings, flow: Mapping[str, Any], parameters: Mapping[str, str]) -> Account:
    """Return who has signed in, from what the browser brought.

    Raises Denied with a code that begins with ``microsoft_``, or another CalendarError.
    The id token comes from Microsoft itself over TLS, in answer to our own credential, so its signature need not be
    looked at (OpenID Connect Core 3.1.3.7); everything it says is.
    """
    try:
        answer = _asked(
            lambda: confidential_app(settings).acquire_token_by_auth_code_flow(dict(flow), dict(parameters))
        )
    except RuntimeError as error:  # the nonce in the token is not ours
        raise Denied("sign-in: another nonce", "microsoft_stale") from error
    if "error" in answer:
        declined = answer["error"] in ("access_denied", "consent_required", "interaction_required")
        raise Denied(f"sign-in: {str(answer['error'])[:60]}", "microsoft_declined" if declined else "microsoft_stale")
    return _account(settings, answer.get("id_token_claims") or {})


def _asked(ask: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = ask()
    except requests.RequestException as error:
        raise Unreachable(f"sign-in: {type(error).__name__}", "sign_in_unreachable") from None
    except ValueError as error:  # another state, or metadata that make no sense
        raise Denied(f"sign-in: {type(error).__name__}", "microsoft_stale") from None
    return found


def _account(settings: GraphSettings, claims: Mapping[str, Any]) -> Account:
    """The account that an id token names, if the token is for us, of now, and from the very tenant."""
    tenant, now = settings.tenant.lower(), time.time()
    issuer = f"{settings.authority.rstrip('/')}/{tenant}/v2.0"
    if str(claims.get("tid", "")).lower() != tenant or str(claims.get("iss", "")).lower() != issuer.lower():
        raise Denied("sign-in: another tenant", "microsoft_foreign")
    if claims.get("aud") != settings.client_id:
        raise Denied("sign-in: a token for another app", "microsoft_stale")
    try:
        fresh = float(claims["exp"]) > now - SKEW and float(claims.get("nbf", now)) < now + SKEW
        found = str(UUID(claims["oid"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Denied("sign-in: a token without its claims", "microsoft_stale") from None
    if not fresh:
        raise Denied("sign-in: a token of another time", "microsoft_stale")
    return Account(tenant, found)
