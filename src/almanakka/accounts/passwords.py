"""What a password must be, in words that exist in every language."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """Django's own rule: its sentence is not translated into all of our languages."""

    def get_error_message(self) -> str:
        return ngettext(
            "This password is too short: it needs at least %(number)d character.",
            "This password is too short: it needs at least %(number)d characters.",
            self.min_length,
        ) % {"number": self.min_length}
