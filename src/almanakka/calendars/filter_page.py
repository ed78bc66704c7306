"""My profile > Calendar sync: what of one's own calendar does not come in (S9)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from almanakka.accounts.models import User
from almanakka.calendars import triggers
from almanakka.calendars.inbound import InboundFilter
from almanakka.calendars.models import Mailbox
from django import forms

#: More than this is a mistake, or worse.
MOST_LINES, LONGEST = 50, 200


class Lines(forms.CharField):
    """A text of which each line is something by itself."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        text = str(super().clean(value))
        lines = [" ".join(line.split())[:LONGEST] for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_("No more than %(n)d lines, please.") % {"n": MOST_LINES})
        return lines


class FilterForm(forms.ModelForm):
    categories = Lines(label=capfirst(InboundFilter._meta.get_field("categories").verbose_name), required=False)
    words = Lines(label=capfirst(InboundFilter._meta.get_field("words").verbose_name), required=False)

    class Meta:
        model = InboundFilter
        fields = ("free", "tentative", "all_day", "categories", "words")


def form_of(user: User, given: Any = None) -> FilterForm:
    """Return the form with what somebody has chosen so far."""
    row = InboundFilter.objects.filter(user=user).first() or InboundFilter(user=user)
    return FilterForm(given, instance=row)


@require_POST
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Store one's own choice: what is here stays, and what now passes comes in with the next reading of everything."""
    form = form_of(request.user, request.POST)
    if form.is_valid():
        form.save()
        own = Mailbox.objects.filter(user=request.user, enabled=True)
        own.update(full_wanted=True)
        triggers.activity_changed(own.values_list("pk", flat=True))
        messages.success(request, _("It is saved. What is here already stays here."))
    else:
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
    return redirect("calendar-sync")
