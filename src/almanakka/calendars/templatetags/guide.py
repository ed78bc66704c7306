"""Pictures in the guides."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from django import template

register = template.Library()


@register.simple_tag
def guide_picture(name: str, told: str) -> SafeString:
    """Show a page as its reader sees it; ``told`` says what it is. `make screenshots` makes the pictures."""
    address = static(f"guide/{get_language()}/{name}.webp")
    return format_html('<figure><img src="{}" alt="{}" loading="lazy"></figure>', address, told)
