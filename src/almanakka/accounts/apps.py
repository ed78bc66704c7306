"""The accounts application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "almanakka.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from almanakka.accounts import field_words

        field_words.speak()
