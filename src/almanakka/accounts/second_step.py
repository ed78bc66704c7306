"""The second step of signing in: a code of an authenticator app, or a recovery code."""

from __future__ import annotations

import textwrap
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.models import User
from almanakka.database import encryption
from django import forms

CODE = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True})


class Adapter(DefaultMFAAdapter):
    """allauth's, with our words, and with secrets that lie in the database encrypted."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That is not the code, or it has been used already. Wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Almanakka"


class _Code:
    """A form with one code."""

    label: Any = _("Code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(label=self.label, max_length=40, widget=CODE)  # type: ignore[attr-defined]


class SignInForm(_Code, AuthenticateForm):
    label = _("Code of your authenticator app, or a recovery code")


class AgainForm(_Code, ReauthenticateForm):
    label = SignInForm.label


class BeginForm(_Code, ActivateTOTPForm):
    label = _("Code that the app shows now")

    @property
    def spaced(self) -> str:
        """The key in groups of four, as people can copy it."""
        return " ".join(textwrap.wrap(self.secret, 4))


def is_missing(user: User) -> bool:
    """Whether the company wants a second step of this person, who has none yet."""
    wanted = user.is_administrator and user.company.second_step_for_administrators
    return wanted and not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def take_away(user: User) -> bool:
    """Let somebody who has lost both sign in with the password alone again; return whether there was anything."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
