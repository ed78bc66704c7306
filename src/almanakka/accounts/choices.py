"""Fields to choose from hundreds in, drawn in one go: a template for each of them would be most of a page's time."""

from __future__ import annotations

from typing import Any

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from django import forms

_SELECTED = mark_safe(" selected")


class _InOneGo:
    """Draws what Django's own templates draw of choices without groups."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]  # type: ignore[attr-defined]
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (option["value"], _SELECTED if option["selected"] else "", option["label"])
                for _, group, _ in widget["optgroups"]
                for option in group
            ),
        )
        return format_html('<select name="{}"{}>\n{}\n</select>', name, flatatt(widget["attrs"]), options)


class LongSelect(_InOneGo, forms.Select):
    """One of many."""


class LongSelectMultiple(_InOneGo, forms.SelectMultiple):
    """Several of many."""
