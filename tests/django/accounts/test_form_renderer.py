"""Fields are drawn here as Django's own templates draw them."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.choices import LongSelect, LongSelectMultiple
from almanakka.accounts.form_renderer import Renderer
from django import forms

ODD = '<b>"it\'s" & more'
CHOICES = [("", "nothing"), ("a", ODD), (ODD, _("Friday")), (3, mark_safe("<i>three</i>"))]
GROUPED = [("few", [(1, "one"), (2, "two")]), (4, "four")]


class Everything(forms.Form):
    """A field of each kind."""

    text = forms.CharField(help_text="why", max_length=7)
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3, "placeholder": ODD}))
    address = forms.EmailField(disabled=True)
    page = forms.URLField(required=False, assume_scheme="https")
    number = forms.IntegerField(min_value=1)
    secret = forms.CharField(widget=forms.PasswordInput(render_value=False))
    hidden = forms.CharField(widget=forms.HiddenInput)
    day = forms.DateField()
    clock = forms.TimeField()
    moment = forms.DateTimeField()
    box = forms.BooleanField(required=False)
    one = forms.ChoiceField(choices=CHOICES)
    grouped = forms.ChoiceField(choices=GROUPED)
    several = forms.MultipleChoiceField(choices=CHOICES)
    boxes = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple(attrs={"class": "few"}))
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect)


GIVEN = {
    **dict.fromkeys(("text", "notes", "hidden", "secret", "address"), ODD),
    "number": "x",
    "box": "on",
    "one": ODD,
    "grouped": "2",
    "several": ["a", "3"],
    "boxes": ["3", ODD],
    "radio": "a",
}


@pytest.mark.parametrize("given", [None, GIVEN])
@pytest.mark.parametrize("name", Everything.base_fields)
def test_fields_and_their_errors_are_those_of_django(name: str, given: Any) -> None:
    ours, theirs = (Everything(given, renderer=renderer())[name] for renderer in (Renderer, DjangoTemplates))
    assert parse_html(str(ours)) == parse_html(str(theirs))
    assert parse_html(str(ours.errors)) == parse_html(str(theirs.errors))
    if name in ("boxes", "radio"):
        for box, other in zip(ours, theirs, strict=True):
            assert parse_html(box.tag()) == parse_html(other.tag())
            assert parse_html(str(box)) == parse_html(str(other))


@pytest.mark.parametrize(
    ("widget", "usual", "value"),
    [(LongSelect, forms.Select, ODD), (LongSelect, forms.Select, None)]
    + [(LongSelectMultiple, forms.SelectMultiple, chosen) for chosen in (["a", ODD], [], None)],
)
def test_long_choices_are_drawn_as_short_ones(widget: Any, usual: Any, value: Any) -> None:
    choices = CHOICES[:3]
    attributes = {"id": "id_x", "required": True, "disabled": False}
    ours, theirs = (
        each(choices=choices, attrs={"size": 4}).render("x", value, attributes, DjangoTemplates())
        for each in (widget, usual)
    )
    assert parse_html(ours) == parse_html(theirs)
