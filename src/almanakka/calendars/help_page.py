"""Help: one guide for everybody and one for administrators, in the reader's language."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

GUIDES = ("everyone", "administrators")
HEADING = re.compile(r'<h3 id="([\w-]+)">(.*?)</h3>')


@require_safe
@login_required
def guide(request: HttpRequest) -> HttpResponse:
    """Show both guides; employees too may read what their administrators have to do."""
    shown = {}
    for name in GUIDES:
        text = render_to_string(f"guide/{get_language()}/{name}.html", request=request)
        shown[name] = {"text": mark_safe(text), "headings": headings(text)}  # noqa: S308 - a template of ours
    return render(request, "calendars/help.html", shown)


def headings(text: str) -> list[tuple[str, str]]:
    """Return the anchor and the words of each paragraph's heading."""
    return [(anchor, strip_tags(words)) for anchor, words in HEADING.findall(text)]
