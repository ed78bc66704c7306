"""The page on which an administrator grants an app what it asks for."""

from __future__ import annotations

import html
from urllib.parse import quote, urlencode, urlsplit

from .apps import App
from .world import Tenant, World

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main>{content}</main></body></html>
"""
_FORM = """<h1>Permissions requested</h1>
<p>Review for your organization: <strong>{name}</strong> ({client_id}) would like to:</p>
<ul>{roles}</ul>
<form method="post" action="{action}">{hidden}
<p><label>Signed in as <select name="account" id="account">{accounts}</select></label></p>
<button type="submit" name="decision" value="accept" id="accept">Accept</button>
<button type="submit" name="decision" value="deny" id="deny">Cancel</button>
</form>"""


class ConsentRefused(Exception):
    """The page cannot be shown; the message starts with an AADSTS number."""


def app_of(world: World, query: dict[str, str]) -> App:
    """The app that a request names, with an address of its own to go back to. Raises `ConsentRefused`."""
    app = world.apps.get(query.get("client_id", ""))
    if app is None:
        raise ConsentRefused(f"AADSTS700016: Application with identifier '{query.get('client_id', '')}' was not found.")
    if query.get("redirect_uri") not in app.redirect_uris:
        raise ConsentRefused(
            f"AADSTS50011: The redirect URI '{query.get('redirect_uri', '')}' specified in the request does "
            f"not match the redirect URIs configured for the application '{app.client_id}'."
        )
    return app


def _tenants(world: World, text: str, app: App) -> list[Tenant]:
    if text in ("organizations", "common"):
        choice = list(world.tenants.values())
    else:
        tenant = world.find_tenant(text)
        if tenant is None:
            raise ConsentRefused(f"AADSTS90002: Tenant '{text}' not found.")
        choice = [tenant]
    return [t for t in choice if app.home_tenant in (None, t.id)]


def _accounts(tenant: Tenant) -> list[tuple[str, str]]:
    """Who may sign in: administrators first; a tenant without people has one administrator all the same."""
    people = sorted(tenant.users.values(), key=lambda user: not user.admin)
    if not people:
        return [(tenant.id, f"administrator@{tenant.domain}")]
    return [(user.id, f"{user.upn}{' (administrator)' if user.admin else ''}") for user in people]


def _signed_in(tenants: list[Tenant], account: str) -> Tenant:
    """The tenant of the account chosen, by default the first. Raises `ConsentRefused` for somebody who is no
    administrator, where there is one."""
    if not tenants:
        raise ConsentRefused("AADSTS50194: The application is not configured as multi-tenant.")
    tenant = next((t for t in tenants if account == t.id or account in t.users), tenants[0])
    user = tenant.users.get(account)
    if user is not None and not user.admin and any(other.admin for other in tenant.users.values()):
        raise ConsentRefused(
            f"AADSTS90094: Need admin approval. {user.upn} cannot grant permissions for {tenant.name}; ask an "
            "administrator."
        )
    return tenant


def document(title: str, content: str) -> str:
    """A page with that title and content (HTML)."""
    return _PAGE.format(title=title, content=content)


def error_page(message: str) -> str:
    """What stands instead of the form when the request is wrong."""
    return _PAGE.format(
        title="Sign in to your account",
        content=f"<h1>Sorry, but we’re having trouble signing you in.</h1><p>{html.escape(message)}</p>",
    )


def page(world: World, tenant_text: str, query: dict[str, str], *, v2: bool) -> str:
    """The form. Raises `ConsentRefused`."""
    app = app_of(world, query)
    if v2 and not query.get("scope"):
        raise ConsentRefused("AADSTS900144: The request body must contain the parameter: 'scope'.")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(query[name])}">'
        for name in ("client_id", "redirect_uri", "scope", "state")
        if name in query
    )
    accounts = [choice for tenant in _tenants(world, tenant_text, app) for choice in _accounts(tenant)]
    options = "".join(f'<option value="{value}">{html.escape(text)}</option>' for value, text in accounts)
    content = _FORM.format(
        name=html.escape(app.name),
        client_id=html.escape(app.client_id),
        roles="".join(f"<li>{html.escape(role)}</li>" for role in app.roles),
        action=html.escape(f"/{quote(tenant_text)}/{'v2.0/' if v2 else ''}adminconsent"),
        hidden=hidden,
        accounts=options,
    )
    return _PAGE.format(title="Permissions requested", content=content)


def decide(world: World, tenant_text: str, form: dict[str, str], *, v2: bool) -> str:
    """Act on the administrator's answer; the address to send the browser to. Raises `ConsentRefused`."""
    app = app_of(world, form)
    tenant = _signed_in(_tenants(world, tenant_text, app), form.get("account", ""))
    answer = {"admin_consent": "True"}
    if form.get("decision") == "accept":
        tenant.consent(app)
        answer["tenant"] = tenant.id
        if v2:
            answer["scope"] = form.get("scope", "")
    elif v2:
        answer |= {
            "error": "consent_required",
            "error_description": "AADSTS65004: The resource owner or authorization server denied the request.",
        }
    else:
        answer |= {"error": "permission_denied", "error_description": "The admin canceled the request"}
    if "state" in form:
        answer["state"] = form["state"]
    target = form["redirect_uri"]
    return f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(answer)}"
