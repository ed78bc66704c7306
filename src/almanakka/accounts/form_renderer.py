"""Draws the usual fields of forms without a template for each: what Django's own templates draw, many times faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.functional import Promise

_WIDGETS = "django/forms/widgets"


class Renderer(DjangoTemplates):
    """Django's own, save for the fields and lists of errors that are drawn here."""

    def render(self, template_name: str, context: Mapping[str, Any], request: Any = None) -> str:
        draw = _DRAWN.get(template_name)
        return super().render(template_name, context, request) if draw is None else draw(context)


def _input(context: Mapping[str, Any]) -> str:
    widget = context["widget"]
    given = "" if widget["value"] is None else f' value="{_safe(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{_safe(widget["name"])}"{given}{_attributes(widget["attrs"])}>'


def _option(context: Mapping[str, Any]) -> str:
    """Draw one box of a group of them, within its label if it shall bring that along."""
    widget = context["widget"]
    if not widget["wrap_label"]:
        return _input(context)
    id = widget["attrs"].get("id")
    name = f' for="{_safe(id)}"' if id else ""
    return f"<label{name}>{_input(context)} {_safe(widget['label'])}</label>"


def _textarea(context: Mapping[str, Any]) -> str:
    widget = context["widget"]
    text = _safe(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_safe(widget["name"])}"{_attributes(widget["attrs"])}>\n{text}</textarea>'


def _select(context: Mapping[str, Any]) -> str:
    widget, lines = context["widget"], []
    for group, choices, _ in widget["optgroups"]:
        drawn = [
            f'<option value="{_safe(each["value"])}"{_attributes(each["attrs"])}>{_safe(each["label"])}</option>'
            for each in choices
        ]
        lines += [f'<optgroup label="{_safe(group)}">', *drawn, "</optgroup>"] if group else drawn
    between = "\n".join(lines)
    return f'<select name="{_safe(widget["name"])}"{_attributes(widget["attrs"])}>\n{between}\n</select>'


def _errors(context: Mapping[str, Any]) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    field = getattr(errors, "field_id", "")
    id = f' id="{_safe(field)}_error"' if field else ""
    lines = "".join(f"<li>{_safe(each)}</li>" for each in errors)
    return f'<ul class="{_safe(context["error_class"])}"{id}>{lines}</ul>'


def _attributes(attributes: Mapping[str, Any]) -> str:
    return "".join(
        f" {_safe(name)}" if value is True else f' {_safe(name)}="{_safe(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def _safe(value: Any) -> str:
    if isinstance(value, Promise):
        value = str(value)
    return str(value.__html__()) if hasattr(value, "__html__") else escape(str(value))


_INPUTS = ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "checkbox")
_DRAWN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **{f"{_WIDGETS}/{kind}.html": _input for kind in _INPUTS},
    f"{_WIDGETS}/checkbox_option.html": _option,
    f"{_WIDGETS}/radio_option.html": _option,
    f"{_WIDGETS}/textarea.html": _textarea,
    f"{_WIDGETS}/select.html": _select,
    "django/forms/errors/list/default.html": _errors,
}
