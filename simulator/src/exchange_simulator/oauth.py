"""Tokens for apps (client credentials) and the errors Microsoft Entra answers with."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import jwt

from .apps import App, Grant
from .clock import stamp
from .world import Consent, Tenant, User, World

LIFETIME = 3599
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"


class TokenRefused(Exception):
    """A token error: HTTP status, OAuth error, AADSTS number and sentence."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(f"AADSTS{number}: {message}")
        self.status, self.error, self.number, self.message = status, error, number, message

    def to_json(self, world: World) -> dict[str, Any]:
        """The error as the token endpoint writes it."""
        trace, correlation = str(uuid4()), str(uuid4())
        now = stamp(world.now())[:19].replace("T", " ") + "Z"
        text = f"AADSTS{self.number}: {self.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        return {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


def configuration(base: str, tenant: str) -> dict[str, Any]:
    """The OpenID Connect discovery document of a tenant."""
    return {
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/{tenant}/v2.0",
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{base}/{tenant}/oauth2/v2.0/logout",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    }


def tenant_named(world: World, text: str) -> Tenant:
    """The tenant of a path. Raises `TokenRefused` AADSTS90002."""
    tenant = world.find_tenant(text)
    if tenant is None:
        raise TokenRefused(
            400,
            "invalid_request",
            90002,
            f"Tenant '{text}' not found. Check to make sure you have the correct tenant ID and are signing "
            "into the correct cloud.",
        )
    return tenant


def client_credentials(
    world: World, tenant_text: str, form: dict[str, str], token_url: str, faults: set[str]
) -> dict[str, Any]:
    """Answer POST /{tenant}/oauth2/v2.0/token. Raises `TokenRefused`."""
    tenant = tenant_named(world, tenant_text)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise TokenRefused(
                400,
                "invalid_request",
                900144,
                f"The request body must contain the following parameter: '{name}'.",
            )
    if form["grant_type"] != "client_credentials":
        raise TokenRefused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    app = authenticated(world, tenant, form, token_url)
    if not form["scope"].endswith("/.default"):
        raise TokenRefused(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {form['scope']} is not valid. Client credential flows must have a "
            "scope value with /.default suffixed to the resource identifier (application ID URI).",
        )
    roles = _granted_roles(world, app, tenant, faults)
    audience = form["scope"].removesuffix("/.default")
    token = issue(world, tenant, app, roles, audience=audience)
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token,
    }


def authenticated(world: World, tenant: Tenant, form: dict[str, str], token_url: str) -> App:
    """The app that asks, which has shown its credential. Raises `TokenRefused`."""
    app = world.apps.get(form.get("client_id", ""))
    if app is None or (app.home_tenant is not None and app.home_tenant != tenant.id):
        raise _app_unknown(form.get("client_id", ""), tenant)
    _check_credential(world, app, form, token_url)
    return app


def _app_unknown(client_id: str, tenant: Tenant) -> TokenRefused:
    return TokenRefused(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant.name}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented "
        "to by any user in the tenant.",
    )


def _granted_roles(world: World, app: App, tenant: Tenant, faults: set[str]) -> frozenset[str]:
    consent: Consent | None = tenant.consents.get(app.client_id)
    if "no_roles" in faults:
        return frozenset()
    if consent is not None and "no_consent" not in faults:
        return frozenset(consent.roles)
    match world.behaviour.without_consent:
        case "no_roles":
            return frozenset()
        case "AADSTS700016":
            raise _app_unknown(app.client_id, tenant)
        case "AADSTS7000229":
            raise TokenRefused(
                401,
                "unauthorized_client",
                7000229,
                f"The client application {app.client_id} is missing service principal in the tenant {tenant.id}.",
            )
    raise TokenRefused(
        400,
        "invalid_grant",
        65001,
        f"The user or administrator has not consented to use the application with ID '{app.client_id}' named "
        f"'{app.name}'. Send an interactive authorization request for this user and resource.",
    )


def _check_credential(world: World, app: App, form: dict[str, str], token_url: str) -> None:
    if form.get("client_assertion"):
        _check_assertion(app, form, token_url)
        return
    if not form.get("client_secret"):
        raise TokenRefused(
            401,
            "invalid_client",
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    secret = app.secret_for(form["client_secret"])
    if secret is None:
        raise TokenRefused(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client "
            f"secret value, not the client secret ID, for a secret added to app '{app.client_id}'.",
        )
    if secret.expires is not None and secret.expires <= world.now():
        raise TokenRefused(
            401,
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{app.client_id}' are expired.",
        )


def _check_assertion(app: App, form: dict[str, str], token_url: str) -> None:
    reason = "client_assertion_type is wrong"
    if form.get("client_assertion_type") == _ASSERTION:
        for key in app.public_keys():
            try:
                claims = jwt.decode(
                    form["client_assertion"],
                    key,
                    algorithms=["RS256", "PS256"],
                    audience=token_url,
                    issuer=app.client_id,
                    options={"require": ["exp", "aud", "iss", "sub", "jti"]},
                )
            except jwt.InvalidTokenError as error:
                reason = str(error)
                continue
            if claims["sub"] == app.client_id:
                return
            reason = "sub is not the client id"
        reason = reason if app.certificates else "no certificate is registered"
    raise TokenRefused(401, "invalid_client", 700027, f"Client assertion failed signature validation ({reason}).")


def issue(
    world: World,
    tenant: Tenant,
    app: App,
    roles: frozenset[str],
    *,
    audience: str = "https://graph.microsoft.com",
    user: User | None = None,
    scopes: str = "Calendars.ReadWrite User.Read",
) -> str:
    """An access token: app-only with `roles`, or of a signed-in `user` with `scopes`."""
    now = time.time()
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + LIFETIME,
        "appid": app.client_id,
        "app_displayname": app.name,
        "tid": tenant.id,
        "uti": str(uuid4()),
        "ver": "1.0",
    }
    if user is None:
        claims["idtyp"] = "app"
        if roles:
            claims["roles"] = sorted(roles)
    else:
        claims |= {"idtyp": "user", "scp": scopes, "upn": user.upn, "oid": user.id, "name": user.name}
        roles = frozenset(scopes.split())
    token = world.signing.sign(claims)
    world.grants[token] = Grant(tenant.id, app.client_id, roles, now + LIFETIME, user.id if user is not None else None)
    return token
