"""The calendars application."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "almanakka.calendars"
    label = "calendars"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from almanakka.calendars import hints, invitations, presence, switching, triggers

        hints.connect()
        invitations.connect()
        presence.connect()
        switching.connect()
        triggers.connect()
