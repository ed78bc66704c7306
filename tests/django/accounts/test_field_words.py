"""No form says in Django's words what is wrong with a field: each has ours, in every language."""

from __future__ import annotations

import gettext
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator
from django.forms.forms import BaseForm
from django.test import Client
from django.utils.translation import override

import almanakka
from almanakka.accounts.models import Company, Role, User
from almanakka.activities.forms import ActivityForm
from django import forms
from visits import text


def families(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from families(each)


def ours() -> list[type[BaseForm]]:
    """Return every form of the product."""
    for module in pkgutil.walk_packages(almanakka.__path__, "almanakka."):
        if not module.name.startswith("almanakka.demo") and not module.name.endswith("wsgi"):
            importlib.import_module(module.name)
    return [each for each in dict.fromkeys(families(BaseForm)) if each.__module__.startswith("almanakka.")]


def codes(field: forms.Field) -> Iterator[str]:
    """Yield by what code a field may say that something is wrong with it."""
    yield from field.error_messages
    for validator in field.validators:
        with pytest.MonkeyPatch.context() as patch:
            if isinstance(validator, BaseValidator):
                patch.setattr(validator, "compare", lambda _given, _limit: True)
            try:
                validator("\0")
            except (ValidationError, TypeError) as error:
                if isinstance(error, ValidationError) and error.code is not None:
                    yield error.code


def in_our_words(message: Any) -> bool:
    """Whether a sentence is in our own catalogue; Django and other packages have theirs."""
    catalogue = gettext.translation("django", f"{almanakka.__path__[0]}/locale", ["sv"])
    with override(None):
        return catalogue.gettext(str(message)) != str(message)


def test_every_field_of_every_form_has_our_words() -> None:
    forms_of_ours = ours()
    assert ActivityForm in forms_of_ours
    assert len(forms_of_ours) > 15
    lacking = {
        f"{form.__name__}.{name}: {code}: {field.error_messages.get(code)}"
        for form in forms_of_ours
        for name, field in form.base_fields.items()
        for code in codes(field)
        if code not in field.error_messages or not in_our_words(field.error_messages[code])
    }
    assert lacking == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Choose something that is offered here."),
        ("fi", "Valitse jokin tarjolla olevista."),
        ("sv", "Välj något av det som erbjuds här."),
    ],
)
def test_a_role_that_there_is_not_is_refused_in_our_words(language: str, told: str) -> None:
    company = Company.objects.create(name="Kuura Oy", language=language)
    boss = User.objects.create_user("pomo@kuura.example", "kuura-77-hanki", company=company, role=Role.ADMINISTRATOR)
    client = Client()
    client.force_login(boss)
    page = text(client.post("/settings/users/", {"email": "uusi@kuura.example", "role": "owner"}))
    assert told in page
    assert User.objects.count() == 1
