"""My profile > Addresses: one's own e-mail addresses (S2, S12)."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almanakka.accounts import addresses
from almanakka.accounts.models import User
from django import forms


class AddressForm(AddEmailForm):
    """One more address; a link goes there before it counts for anything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = gettext_lazy("E-mail address")
        self.fields["email"] = forms.EmailField(label=label, widget=forms.EmailInput(attrs={"autocomplete": "email"}))


@method_decorator(login_required, name="dispatch")
class AddressPage(EmailView):
    """allauth's page, but the main address is always one that has been proven, and nobody else's."""

    form_class = AddressForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """See to it that the address that somebody signs in with is among them, as the main one."""
        addresses.list_primary(request.user)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        found: EmailAddress | None = self._get_email_address(request)
        if found is None:
            return None
        if not found.verified:
            told = _("Open the link that we sent to %(address)s first: it shows that the address is yours.")
        elif User.objects.filter(email=found.email.lower()).exclude(pk=request.user.pk).exists():
            told = _("Another user already has the address %(address)s.")
        else:
            return super()._action_primary(request)
        messages.error(request, told % {"address": found.email})
        return None


page = AddressPage.as_view()
