"""The forms of signing in and of passwords: allauth's, with our words and without a second label inside each field."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as theirs
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy as _

from django import forms

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "remember": _("Remember me"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password once more"),
}


class _Plain(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_Plain, theirs.LoginForm):
    """By e-mail address and password."""


class AddAddressForm(_Plain, theirs.AddEmailForm):
    """One more address of one's own."""


class ForgottenForm(_Plain, theirs.ResetPasswordForm):
    """Whose password has been forgotten."""


class NewPasswordForm(_Plain, theirs.ResetPasswordKeyForm):
    """The new one, by a mailed link."""


class InvitedForm(SetPasswordForm):
    """The first one, by the link of an invitation."""

    error_messages: ClassVar = {"password_mismatch": _("The two passwords are not the same.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in ("1", "2"):
            field = self.fields[f"new_password{number}"]
            field.label = LABELS[f"password{number}"]
            field.error_messages["required"] = _("Choose a password, and write it twice.")
        field.help_text = ""


class ChangePasswordForm(_Plain, theirs.ChangePasswordForm):
    """The new one, by the old one."""


class AgainForm(_Plain, theirs.ReauthenticateForm):
    """One's password once more, before the way to sign in changes."""
