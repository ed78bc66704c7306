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
    """Show a page as its reader sees it; ``told`` says what it is. `make screenshots` makes the pictures.

    It leads to the picture alone, where a phone can make it larger.
    """
    address = static(f"guide/{get_language()}/{name}.webp")
    return format_html('<figure><a href="{0}"><img src="{0}" alt="{1}" loading="lazy"></a></figure>', address, told)
