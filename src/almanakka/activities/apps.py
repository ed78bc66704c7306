"""The activities application."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "almanakka.activities"
    label = "activities"
    default_auto_field = "django.db.models.BigAutoField"
