"""Ready PowerShell for the Exchange administrator, from a form (S7)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from almanakka.accounts.gates import administrators_only
from almanakka.remote.ews.delegate import BadParameter, Delegate, Purpose, Server, as_file
from almanakka.remote.ews.delegate import script as written
from django import forms

SERVERS = (
    (Server.EXCHANGE_2013.value, "Exchange 2013 – 2019, SE"),
    (Server.EXCHANGE_2010.value, "Exchange 2010"),
    (Server.EXCHANGE_2007.value, "Exchange 2007"),
)
PURPOSES = (
    (Purpose.GRANT.value, _("let it open the calendars")),
    (Purpose.VERIFY.value, _("show what the account may do")),
    (Purpose.REVOKE.value, _("take the right back")),
)
REASONS = {
    "missing": _("This script needs it."),
    "too_long": _("It is too long."),
    "control_character": _("It contains a line break or another character that cannot be typed."),
    "not_a_host": _("It must be a computer's full name, such as dc1.contoso.local."),
}


class ScriptForm(forms.Form):
    """What a script is to do, for which account and which people."""

    server = forms.ChoiceField(label=_("Exchange version"), choices=SERVERS)
    purpose = forms.ChoiceField(label=_("It is to"), choices=PURPOSES)
    account = forms.CharField(label=_("Delegate account"), max_length=400, help_text=_("Such as CONTOSO\\calsync"))
    recipient_filter = forms.CharField(
        label=_("Only for these people (a filter)"),
        required=False,
        max_length=2000,
        help_text=_("Such as MemberOfGroup -eq 'CN=Almanakka,OU=Groups,DC=contoso,DC=local'"),
    )
    unit = forms.CharField(label=_("Organisational unit"), required=False, max_length=1000)
    domain_controller = forms.CharField(label=_("Domain controller"), required=False, max_length=255)
    full_access = forms.BooleanField(
        label=_("Open whole mailboxes too"), required=False, help_text=_("Not needed for calendar sync.")
    )

    def text(self) -> str:
        """Return the script, or nothing where a field is not good enough for it, which is then said at the field."""
        given = dict(self.cleaned_data)
        server, purpose = Server(given.pop("server")), Purpose(given.pop("purpose"))
        try:
            return written(Delegate(**given), server, purpose, get_language() or "en")
        except BadParameter as error:
            self.add_error(error.field if error.field in self.fields else None, REASONS[error.reason])
            return ""


@require_safe
@administrators_only
def script(request: HttpRequest) -> HttpResponse:
    """Show the form, and the script once it is filled in; ``file`` gives it as a file for Windows."""
    form = ScriptForm(request.GET or None)
    text = form.text() if form.is_valid() else ""
    if text and "file" in request.GET:
        name: Any = f"almanakka-{form.cleaned_data['purpose']}.ps1"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(as_file(text), content_type="text/plain; charset=utf-8", headers=headers)
    context = {"form": form, "text": text, "query": request.GET.urlencode()}
    return render(request, "calendars/script.html", context)
