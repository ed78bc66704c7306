"""Dates that stay in one line: browsers break those written in figures, as in Swedish, after their hyphens."""

from __future__ import annotations

import re
from html import escape

from django.utils.safestring import SafeString, mark_safe

from django import template

register = template.Library()

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")


@register.filter
def unbroken(text: object) -> SafeString:
    """Return a text, escaped unless it is safe already, whose dates are not broken; ``None`` is nothing."""
    if text is None:
        return SafeString()
    given = text if isinstance(text, SafeString) else escape(str(text))
    return mark_safe(_DATE.sub(r'<span class="unbroken">\g<0></span>', given))  # noqa: S308 - it is escaped
