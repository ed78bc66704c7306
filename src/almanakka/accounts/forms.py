"""What people fill in about themselves."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from almanakka.accounts.choices import LongSelect
from almanakka.accounts.models import Company, User
from almanakka.accounts.zones import zone_names
from django import forms


class ProfileForm(forms.ModelForm):
    """A person's own name, language and time zone; empty ones follow the company."""

    class Meta:
        model = User
        fields = ("full_name", "language", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company = self.instance.company
        zone = _("Company: %(zone)s") % {"zone": company.time_zone}
        language = _("Company: %(language)s") % {"language": company.get_language_display()}
        self.fields["time_zone"].widget = LongSelect(choices=[("", zone), *((name, name) for name in zone_names())])
        languages = [choice for choice in self.fields["language"].choices if choice[0]]
        self.fields["language"].choices = [("", language), *languages]


class CompanyForm(forms.ModelForm):
    """What a company is called, and the language and time zone of whoever has none of their own."""

    class Meta:
        model = Company
        fields = ("name", "language", "time_zone", "second_step_for_administrators")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget = LongSelect(choices=[(name, name) for name in zone_names()])


class InvitationForm(forms.ModelForm):
    """Somebody new in the company; the link in their invitation proves that the address is theirs (S12)."""

    class Meta:
        model = User
        fields = ("email", "full_name", "role")
        error_messages = {
            "email": {"required": _("Write the e-mail address of the person.")},
            "full_name": {"max_length": _("The name is too long.")},
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()
