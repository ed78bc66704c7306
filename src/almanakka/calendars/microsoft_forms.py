"""What administrators fill in about the company's calendars in Microsoft 365 or on an Exchange Server (S6-S8, S10)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from almanakka.accounts.choices import LongChoiceField, LongMultipleChoiceField
from almanakka.accounts.models import User
from almanakka.activities.models import NEVER_DEFAULT, ActivityType, Category
from almanakka.calendars import switching, triggers
from almanakka.calendars.models import Connection, Kind, MeetingMail
from almanakka.calendars.sentences import sentence
from almanakka.remote import destinations
from almanakka.sync.errors import Denied
from django import forms

KEPT = _("Leave it empty to keep what is stored.")
#: What whoever enters an Exchange URL where we would not go does about it, by the code of why.
CORRECTED = {
    "address_malformed": _("Write it like this: https://mail.company.com/EWS/Exchange.asmx."),
    "address_insecure": _("Write https:// instead."),
    "address_forbidden": _("Enter the Exchange Server's own address, or have its name on the network corrected."),
    "address_loopback": _("Enter the name by which other computers know the Exchange Server."),
}


def _secret(label: Any) -> forms.CharField:
    """A field whose value goes one way only: it is never sent to a browser."""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, widget=widget, help_text=KEPT, strip=False)


class TenantForm(forms.ModelForm):
    """The company's own app registration, if it does not use the installation's."""

    new_secret = _secret(_("Client secret"))
    new_certificate = forms.CharField(
        label=_("Certificate and key, instead of a secret"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "-----BEGIN PRIVATE KEY-----", "autocomplete": "off"}),
        help_text=KEPT,
    )

    class Meta:
        model = Connection
        fields = ("client_id",)

    def store(self, acting: User, connection: Connection) -> None:
        """Store what was filled in; of a secret and a certificate the one entered last counts."""
        given = self.cleaned_data
        connection.client_id = given["client_id"]
        if given["new_certificate"]:
            connection.certificate, connection.client_secret = given["new_certificate"], ""
        elif given["new_secret"]:
            connection.client_secret, connection.certificate = given["new_secret"], ""
        connection.save()


class ServerForm(forms.ModelForm):
    """An Exchange Server and the delegate account that opens its people's calendars."""

    new_password = _secret(_("Delegate password"))
    field_order = ("domain", "ews_url", "delegate_name", "new_password", "ca_bundle")

    class Meta:
        model = Connection
        fields = ("domain", "ews_url", "delegate_name", "ca_bundle")
        widgets = {"ca_bundle": forms.Textarea(attrs={"rows": 3, "placeholder": "-----BEGIN CERTIFICATE-----"})}
        help_texts = {
            "domain": _("The short name of the Windows domain, such as CONTOSO."),
            "ews_url": _("Such as https://mail.example.com/EWS/Exchange.asmx."),
            "ca_bundle": _("Only if the server's certificate comes from an authority of your own."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("domain", "ews_url", "delegate_name"):
            self.fields[name].required = True

    def clean_ews_url(self) -> str:
        """Say at once where we would not go."""
        try:
            destinations.entered(self.cleaned_data["ews_url"])
        except Denied as error:
            what = sentence(error.code).what
            raise forms.ValidationError(f"{what} {CORRECTED[error.code]}") from error
        return str(self.cleaned_data["ews_url"])

    def clean_ca_bundle(self) -> str:
        """Take certificates only: the path of a file is for whoever runs the installation to name."""
        text = str(self.cleaned_data["ca_bundle"]).strip()
        if text and "-----BEGIN CERTIFICATE-----" not in text:
            raise forms.ValidationError(_("These are no certificates: each begins with -----BEGIN CERTIFICATE-----."))
        return text

    def store(self, acting: User, connection: Connection) -> None:
        """Store what was filled in; the password of one server or account is kept for no other."""
        given = self.cleaned_data
        connection.ca_bundle = given["ca_bundle"]
        connection.save()
        switching.enter_server(
            acting,
            connection,
            url=given["ews_url"],
            domain=given["domain"],
            name=given["delegate_name"],
            password=given["new_password"] or None,
        )


class WhatForm(forms.Form):
    """Which types go out, and what comes in becomes (S10, S13)."""

    outgoing = LongMultipleChoiceField(
        label=_("Activities of these types go out"),
        queryset=ActivityType.objects.none(),
        names=("name",),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    default = LongChoiceField(
        label=_("New entries from Microsoft become"), queryset=ActivityType.objects.none(), names=("name",)
    )
    personal = LongChoiceField(
        label=_("Private ones become"),
        queryset=ActivityType.objects.none(),
        names=("name",),
        required=False,
        empty_label=_("the same as the others"),
    )
    meeting_mail = forms.ChoiceField(
        label=_("When a change to a meeting here would make Microsoft send mail"),
        choices=MeetingMail.choices,
        required=False,
        widget=forms.RadioSelect,
    )

    when = forms.ChoiceField(
        label=_("When calendars are synchronised"),
        choices=[
            ("used", _("when people use Almanakka, or change something in it")),
            ("always", _("continuously: every calendar is looked at every five minutes, whoever is signed in")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        kinds = list(ActivityType.objects.filter(company_id=connection.company_id, is_active=True))
        travelling = [kind for kind in kinds if kind.category != Category.PROJECT_TASK]
        #: What an ordinary entry from Microsoft becomes as things are (S10).
        self.usual = next((kind for kind in kinds if kind.is_default and kind.category not in NEVER_DEFAULT), None)
        kwargs["initial"] = {
            "outgoing": [kind.pk for kind in travelling if kind.synchronised],
            "default": None if self.usual is None else self.usual.pk,
            "personal": connection.personal_type_id,
            "meeting_mail": connection.meeting_mail,
            "when": "always" if connection.continuous else "used",
        }
        super().__init__(*args, **kwargs)
        self.connection = connection
        self._offer("outgoing", travelling)
        self._offer("default", [kind for kind in kinds if kind.category not in NEVER_DEFAULT])
        self._offer("personal", [kind for kind in kinds if kind.category == Category.PERSONAL])

    def _offer(self, name: str, kinds: list[ActivityType]) -> None:
        """Let types be chosen that have been looked up already."""
        field = self.fields[name]
        field.queryset = ActivityType.objects.filter(pk__in=[kind.pk for kind in kinds])
        nothing = [("", field.empty_label)] if field.empty_label is not None else []
        field.choices = [*nothing, *((kind.pk, kind.name) for kind in kinds)]

    def save(self) -> None:
        """Store what was chosen; each type that changes is saved by itself, for others listen to that."""
        given = self.cleaned_data
        kinds = ActivityType.objects.filter(company_id=self.connection.company_id)
        chosen = {kind.pk for kind in given["outgoing"]}
        for kind in sorted(kinds, key=lambda kind: kind == given["default"]):
            travels = (
                kind.pk in chosen if kind.category != Category.PROJECT_TASK and kind.is_active else kind.synchronised
            )
            default = kind == given["default"]
            if (kind.synchronised, kind.is_default) != (travels, default):
                kind.synchronised, kind.is_default = travels, default
                kind.save()
        self.connection.personal_type = given["personal"]
        self.connection.meeting_mail = given["meeting_mail"] or self.connection.meeting_mail
        self.connection.continuous = given["when"] == "always" if given["when"] else self.connection.continuous
        if self.connection.pk and Connection.objects.filter(pk=self.connection.pk).exists():
            self.connection.save(update_fields=["personal_type", "meeting_mail", "continuous"])
            if self.connection.continuous:  # from now on each run says when the next one is
                boxes = self.connection.mailboxes.filter(enabled=True, due_at__isnull=True)
                triggers.activity_changed(boxes.values_list("pk", flat=True))


FORMS: dict[str, type[TenantForm | ServerForm]] = {Kind.GRAPH: TenantForm, Kind.EXCHANGE: ServerForm}
