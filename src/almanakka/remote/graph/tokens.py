"""App-only access tokens, shared by everything in the process that speaks for one company."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msal
import requests

from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.refusals import throttled
from almanakka.sync.errors import CalendarError, Denied, Throttled, Unreachable

#: learn.microsoft.com/entra/identity-platform/reference-error-codes; the values are codes of sentences for people.
REASONS: Mapping[int, str] = {
    7000215: "secret_wrong",
    7000222: "secret_expired",
    7000216: "secret_missing",
    700016: "app_unknown",
    7000112: "app_disabled",
    700027: "certificate_unknown",
    7000229: "consent_missing",
    65001: "consent_missing",
    65004: "consent_declined",
    90002: "tenant_unknown",
    900023: "tenant_unknown",
    90072: "tenant_unknown",
    53003: "sign_in_blocked",
    70011: "scope_wrong",
    1002012: "scope_wrong",
}
_BUSY = frozenset({50196, 90033, 90055})
_PAUSE = 30.0


class Tokens:
    """The tokens of one company's app; any thread may ask."""

    def __init__(self, settings: GraphSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._app: Any = None
        self._current = ""

    def get(self) -> str:
        """Return a token good for at least five more minutes; raises Denied, Throttled or Unreachable."""
        with self._lock:
            return self._acquire()

    def renew(self, refused: str) -> str:
        """Return another token than ``refused``, which the server no longer takes."""
        self.forget(refused)
        return self.get()

    def forget(self, token: str) -> None:
        """Have the next one who asks get another token than this."""
        with self._lock:
            if self._app is not None and self._current == token:
                self._app.remove_tokens_for_client()

    def _acquire(self) -> str:
        try:
            if self._app is None:
                self._app = confidential_app(self._settings)
            answer = self._app.acquire_token_for_client([f"{self._settings.graph.rstrip('/')}/.default"])
        except requests.RequestException as error:
            raise Unreachable(f"sign-in: {type(error).__name__}", "sign_in_unreachable") from None
        except ValueError as error:
            # msal's words for metadata or a private key that make no sense may quote what they were given.
            raise Denied(f"sign-in: {type(error).__name__}", "sign_in_failed") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise _refusal(answer if isinstance(answer, dict) else {})
        self._current = answer["access_token"]
        return self._current


def confidential_app(settings: GraphSettings) -> Any:
    """Return msal's picture of our app in the tenant; it asks Microsoft for the tenant's own addresses at once."""
    return msal.ConfidentialClientApplication(
        settings.client_id,
        client_credential=_credential(settings),
        authority=f"{settings.authority.rstrip('/')}/{quote(settings.tenant, safe='')}",
        # The authority comes from our own settings: asking a public endpoint whether it exists proves nothing.
        instance_discovery=False,
        exclude_scopes=["offline_access"],
        http_client=_SignInTransport(settings),
    )


def tokens_for(settings: GraphSettings) -> Tokens:
    """Return the tokens shared by everybody in this process who has these very settings."""
    with _shared_lock:
        return _shared.setdefault(settings, Tokens(settings))


_shared: dict[GraphSettings, Tokens] = {}
_shared_lock = threading.Lock()


class _SignInTransport:
    """The HTTP client handed to msal: each request names its CA bundle, which the environment cannot override."""

    def __init__(self, settings: GraphSettings) -> None:
        self._session = settings.session()
        self._verify = settings.verify or True
        self._timeout = settings.timeout

    def get(self, url: str, **options: Any) -> requests.Response:
        answer = self._send("GET", url, options)
        if 400 <= answer.status_code < 500:
            raise Denied(f"sign-in: no such tenant (HTTP {answer.status_code})", "tenant_unknown")
        return answer

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._send("POST", url, options)

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        options |= {"verify": self._verify, "timeout": self._timeout, "allow_redirects": False}
        answer = self._session.request(method, url, **options)
        if answer.status_code in {429, 503, 504}:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            raise throttled(headers, f"sign-in: HTTP {answer.status_code}", _PAUSE)
        if answer.status_code >= 500 or 300 <= answer.status_code < 400:
            raise Unreachable(f"sign-in: HTTP {answer.status_code}", "sign_in_unreachable")
        return answer


def _credential(settings: GraphSettings) -> str | dict[str, str] | None:
    if settings.certificate is None:
        return settings.secret
    return {
        "private_key": settings.certificate.private_key,
        "public_certificate": settings.certificate.public,
    }


def _refusal(answer: Mapping[str, Any]) -> CalendarError:
    codes = [code for code in answer.get("error_codes") or () if isinstance(code, int)]
    if not codes:
        codes = _codes_in(str(answer.get("error_description", "")))
    detail = "sign-in: " + (", ".join(f"AADSTS{code}" for code in codes) or str(answer.get("error", "no token"))[:60])
    if _BUSY.intersection(codes) or answer.get("error") == "temporarily_unavailable":
        return Throttled(_PAUSE, detail, asked=False)
    reason = next((REASONS[code] for code in codes if code in REASONS), "sign_in_failed")
    return Denied(detail, reason)


def _codes_in(description: str) -> list[int]:
    digits = description.partition("AADSTS")[2].partition(":")[0]
    return [int(digits)] if digits.isdigit() and len(digits) < 12 else []
