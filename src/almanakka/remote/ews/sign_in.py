"""How a session signs in: NTLM with channel binding, once for each connection, or Basic over TLS (facts: ews §2.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth
from spnego.exceptions import SpnegoError

from almanakka.sync.errors import Unreachable

#: What a challenge that is none makes of the library that reads it; PermissionError is its word for none at all.
_NO_CHALLENGE = (SpnegoError, PermissionError, LookupError, ValueError, TypeError, AttributeError, struct.error)


class Nobody(AuthBase):
    """No sign-in at all: without it, requests would look for one in a .netrc of the machine."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class SignIn(HttpNtlmAuth):
    """The account's sign-in for one request. ``challenged`` is called before every attempt.

    A connection that has been signed in already is not challenged. Which way the server wants it is kept in the
    session.
    """

    def __init__(self, account: str, password: str, session: requests.Session, challenged: Callable[[], None]) -> None:
        super().__init__(account, password)
        self._basic = HTTPBasicAuth(account.encode(), password.encode())
        self._challenged = challenged
        self._session = session

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        known = self._session.auth
        if isinstance(known, AuthBase):
            return known(request)
        return super().__call__(request)

    def response_hook(self, r: requests.Response, **kwargs: Any) -> requests.Response:
        with ExitStack() as undone:
            undone.callback(r.close)
            if r.status_code == 401:
                self._challenged()
            try:
                answer = super().response_hook(r, **kwargs)
            except requests.RequestException:
                raise
            except _NO_CHALLENGE as error:
                raise Unreachable(type(error).__name__, "sign_in_unfinished") from None
            undone.pop_all()
            return answer

    def refused(self) -> None:
        """Begin anew: the next attempt is made on a fresh connection, and asks which way the server wants it."""
        self._challenged()
        self._session.close()
        self._session.auth = None

    def changes_to_basic(self, answer: requests.Response, url: str) -> bool:
        """Whether the server, which has just refused, wants Basic and has not had it; never in the clear."""
        offered = answer.headers.get("WWW-Authenticate", "").lower()
        if self._session.auth is not None or "basic" not in offered or "ntlm" in offered or "negotiate" in offered:
            return False
        if urlsplit(url).scheme != "https":
            return False
        self._session.auth = self._basic
        return True
