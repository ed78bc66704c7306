"""Where in the application somebody is."""

from __future__ import annotations

from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def section_mark(context: RequestContext, section: str) -> SafeString:
    """Mark the link to the section that the page belongs to, for eyes and screen readers alike."""
    here = context["request"].path_info.strip("/").partition("/")[0]
    return format_html(' aria-current="{}"', "page") if here == section else SafeString("")
