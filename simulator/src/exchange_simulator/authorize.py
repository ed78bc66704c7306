"""The page on which a person signs in, and the id token that an app is handed for the code it leads to.

learn.microsoft.com/entra/identity-platform: v2-oauth2-auth-code-flow, id-token-claims-reference.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import NAMESPACE_OID, UUID, uuid5

from . import oauth
from .apps import App
from .consent import ConsentRefused, app_of, document
from .world import Tenant, User, World

#: Seconds for which a code is good; it is redeemed once.
GOOD_FOR = 600
_FORM = """<h1>Pick an account</h1>
<p>to continue to <strong>{name}</strong></p>
<form method="post" action="{action}">{hidden}
<p><label>Account <select name="account" id="account">{accounts}</select></label></p>
<button type="submit" name="decision" value="accept" id="accept">Sign in</button>
<button type="submit" name="decision" value="deny" id="deny">Cancel</button>
</form>"""
_KEPT = ("client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method")


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for."""

    client_id: str
    tenant: str
    user: str
    redirect_uri: str
    nonce: str
    challenge: str
    scope: str
    expires: float


def _asked(world: World, tenant_text: str, query: dict[str, str]) -> tuple[App, Tenant]:
    app = app_of(world, query)
    tenant = world.find_tenant(tenant_text)
    if tenant is None:
        raise ConsentRefused(f"AADSTS90002: Tenant '{tenant_text}' not found.")
    if app.home_tenant not in (None, tenant.id):
        raise ConsentRefused(f"AADSTS700016: Application with identifier '{app.client_id}' was not found.")
    if query.get("response_type", "code") != "code" or "openid" not in query.get("scope", "").split():
        raise ConsentRefused("AADSTS70011: The provided value for the input parameter 'scope' is not valid.")
    return app, tenant


def page(world: World, tenant_text: str, query: dict[str, str]) -> str:
    """The form; the account that was hinted at comes first. Raises `ConsentRefused`."""
    app, tenant = _asked(world, tenant_text, query)
    hint = query.get("login_hint", "").lower()
    people = sorted(tenant.users.values(), key=lambda user: hint not in user.addresses)
    options = "".join(f'<option value="{user.id}">{html.escape(user.upn)}</option>' for user in people)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(query[name])}">' for name in _KEPT if name in query
    )
    action = html.escape(f"/{quote(tenant_text)}/oauth2/v2.0/authorize")
    content = _FORM.format(name=html.escape(app.name), action=action, hidden=hidden, accounts=options)
    return document("Sign in to your account", content)


def decide(world: World, tenant_text: str, form: dict[str, str]) -> str:
    """Act on the person's answer; the address to send the browser to. Raises `ConsentRefused`."""
    app, tenant = _asked(world, tenant_text, form)
    user = tenant.users.get(form.get("account", ""))
    if form.get("decision") != "accept":
        answer = {"error": "access_denied", "error_description": "AADSTS65004: User declined to consent."}
    elif user is None:
        raise ConsentRefused("AADSTS50020: The account does not exist in the tenant and cannot access the application.")
    else:
        code = secrets.token_urlsafe(32)
        challenge = form.get("code_challenge", "")
        world.codes[code] = Code(
            app.client_id,
            tenant.id,
            user.id,
            form["redirect_uri"],
            form.get("nonce", ""),
            challenge,
            form["scope"],
            time.time() + GOOD_FOR,
        )
        answer = {"code": code, "session_state": secrets.token_hex(8)}
    if "state" in form:
        answer["state"] = form["state"]
    target = form["redirect_uri"]
    return f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(answer)}"


def redeem(world: World, base: str, tenant_text: str, form: dict[str, str], token_url: str) -> dict[str, Any]:
    """Answer POST /{tenant}/oauth2/v2.0/token with grant_type=authorization_code. Raises `TokenRefused`."""
    tenant = oauth.tenant_named(world, tenant_text)
    app = oauth.authenticated(world, tenant, form, token_url)
    code: Code | None = world.codes.pop(form.get("code", ""), None)
    wrong = code is None or code.expires < time.time() or (code.client_id, code.tenant) != (app.client_id, tenant.id)
    if code is None or wrong:
        raise _refused(54005, "OAuth2 Authorization code was already redeemed, or has expired.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise _refused(500112, "The reply address does not match the one given when the code was asked for.")
    if code.challenge and not hmac.compare_digest(_challenge(form.get("code_verifier", "")), code.challenge):
        raise _refused(501481, "The Code_Verifier does not match the code_challenge supplied.")
    user = tenant.users[code.user]
    return {
        "token_type": "Bearer",
        "scope": code.scope,
        "expires_in": oauth.LIFETIME,
        "access_token": oauth.issue(world, tenant, app, frozenset(), user=user, scopes="openid profile"),
        "id_token": _id_token(world, base, tenant, app, user, code.nonce),
    }


def _id_token(world: World, base: str, tenant: Tenant, app: App, user: User, nonce: str) -> str:
    now = int(time.time())
    claims = {
        "aud": app.client_id,
        "iss": f"{base}/{tenant.id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + oauth.LIFETIME,
        "name": user.name,
        "nonce": nonce,
        "oid": user.id,
        "preferred_username": user.upn,
        "sub": str(uuid5(UUID(user.id) if "-" in user.id else NAMESPACE_OID, app.client_id)),
        "tid": tenant.id,
        "ver": "2.0",
    }
    return world.signing.sign({**claims, **world.behaviour.id_token_claims})


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refused(number: int, message: str) -> oauth.TokenRefused:
    return oauth.TokenRefused(400, "invalid_grant", number, message)
