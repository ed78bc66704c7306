"""What people have chosen not to bring in from their calendars, kept also before they switch anything on (S9)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from almanakka.sync.filters import NONE, Filters, folded


class InboundFilter(models.Model):
    """One person's choice; ``categories`` and ``words`` as they wrote them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbound_filter")
    free = models.BooleanField(_("entries shown as free"), default=False)
    tentative = models.BooleanField(_("entries shown as tentative, unanswered invitations among them"), default=False)
    all_day = models.BooleanField(_("all-day entries"), default=False)
    categories = models.JSONField(_("entries of these Outlook categories, one a line"), default=list)
    words = models.JSONField(_("entries with any of these words in the title, one a line"), default=list)

    class Meta:
        app_label = "calendars"
        verbose_name = _("inbound filter")
        verbose_name_plural = _("inbound filters")

    def __str__(self) -> str:
        return f"{self.user_id}"


def of(user_id: object) -> Filters:
    """Return what somebody leaves out; nothing, unless they chose to."""
    row = InboundFilter.objects.filter(user=user_id).first()
    if row is None:
        return NONE
    return Filters(row.free, row.tentative, row.all_day, folded(row.categories), folded(row.words))
