"""Fields to choose from hundreds in, drawn in one go: a row, an object and a template for each would be most of a page.

What they draw is what Django's own templates draw of choices without groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from django import forms


def options(choices: Iterable[tuple[Any, Any]], chosen: Iterable[str] = ()) -> SafeString:
    """Return the options of a field from values and their labels; ``chosen`` are the values of those selected."""
    picked, lines = frozenset(chosen), []
    for value, label in choices:
        given = str(value)
        selected = " selected" if given in picked else ""
        lines.append(f'<option value="{escape(given)}"{selected}>{escape(str(label))}</option>')
    return mark_safe("\n".join(lines))  # noqa: S308 - all of it is escaped


class Names(BaseChoiceIterator):
    """Choices that are called what they are; Django looks at each of a list of pairs in turn, but not at these."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = names

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self.names, self.names, strict=True)


class _InOneGo:
    """Draws its choices by :func:`options`."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = self.build_attrs(self.attrs, attrs)  # type: ignore[attr-defined]
        if self.allow_multiple_selected:  # type: ignore[attr-defined]
            own["multiple"] = True
        drawn = options(self.choices, self.format_value(value))  # type: ignore[attr-defined]
        return format_html('<select name="{}"{}>\n{}\n</select>', name, flatatt(own), drawn)


class LongSelect(_InOneGo, forms.Select):
    """One of many."""


class LongSelectMultiple(_InOneGo, forms.SelectMultiple):
    """Several of many."""


class _Named(ModelChoiceIterator):
    """Takes ids and names from the database, and no more."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for key, *names in self.queryset.values_list("pk", *self.field.names):
            yield key, next(filter(None, names), "")


class LongChoiceField(forms.ModelChoiceField):
    """One of many rows, called by the first of the columns ``names`` that is not empty."""

    widget, iterator = LongSelect, _Named

    def __init__(self, *args: Any, names: tuple[str, ...], **kwargs: Any) -> None:
        self.names = names
        super().__init__(*args, **kwargs)


class LongMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Several of many rows, called as those of :class:`LongChoiceField`."""

    widget, iterator = LongSelectMultiple, _Named

    def __init__(self, *args: Any, names: tuple[str, ...], **kwargs: Any) -> None:
        self.names = names
        super().__init__(*args, **kwargs)
