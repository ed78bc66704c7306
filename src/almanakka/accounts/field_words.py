"""What any field of a form says of what is wrong with it, in our words and in every language that we have.

Browsers hold most of it back: these sentences are for requests by hand, and for browsers that do not.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from django import forms

_CHOICE = _("Choose something that is offered here.")

SAID: Mapping[type[forms.Field], Mapping[str, Promise]] = {
    forms.Field: {"required": _("Fill this in.")},
    forms.CharField: {
        "max_length": _("It is too long."),
        "null_characters_not_allowed": _("It contains a line break or another character that cannot be typed."),
    },
    forms.EmailField: {"invalid": _("This is no e-mail address: it looks like name@example.com.")},
    forms.DateField: {"invalid": _("This is no date.")},
    forms.TimeField: {"invalid": _("This is no time of day.")},
    forms.IntegerField: {
        "invalid": _("Write a number without decimals."),
        "min_value": _("This number is too small."),
        "max_value": _("This number is too large."),
    },
    forms.ChoiceField: {"invalid_choice": _CHOICE},
    forms.MultipleChoiceField: {"invalid_choice": _CHOICE, "invalid_list": _CHOICE},
    forms.ModelChoiceField: {"invalid_choice": _CHOICE},
    forms.ModelMultipleChoiceField: {"invalid_choice": _CHOICE, "invalid_list": _CHOICE, "invalid_pk_value": _CHOICE},
}


def speak() -> None:
    """Have all fields that are made from now on say it so, those of other packages' forms too."""
    for kind, said in SAID.items():
        kind.default_error_messages = {**kind.default_error_messages, **said}
