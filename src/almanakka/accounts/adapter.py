"""How signing in differs from allauth's own ways."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.ratelimit import RateLimitUsage
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from almanakka.accounts import known_browsers, limits

TOO_MANY = ("too_many_login_attempts", "rate_limited")


class AccountAdapter(DefaultAccountAdapter):
    #: In the words of our own pages, where allauth has others.
    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "duplicate_email": _("This address is one of yours already."),
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "enter_current_password": _("That is not the password that you have now."),
        "incorrect_password": _("The password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody adds themselves: a user belongs to a company, whose administrator adds them."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try: for its browser or its network, and for its address wherever it comes from."""
        self._spent: list[RateLimitUsage] = []
        address = str(credentials.get("email", "")).lower()
        mark = known_browsers.mark_of(request, address)
        tries = [("login_failed", f"browser {mark}" if mark else self._from_here(request, address))]
        if not mark:
            tries.append(("login_failed_address", address))
        try:
            for action, key in tries:
                self._spent.append(limits.spend(request, action, key))
        except limits.TooMany as error:
            self._rollback_login_failed_rl_usage()
            raise ValidationError(limits.told(error.seconds), code=TOO_MANY[0]) from None

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._spent:
            usage.rollback()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return self._from_here(request, str(credentials.get("email", "")).lower())

    def _from_here(self, request: HttpRequest, address: str) -> str:
        """Tries from elsewhere are counted apart, or a stranger could keep somebody out for good."""
        return f"{address} from {self.get_client_ip(request)}"

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Say how long to wait, where allauth says only that it is too early."""
        if code not in TOO_MANY:
            return super().validation_error(code, *args)
        request = context.request
        stage = getattr(request, "_login_stage", None)
        person = stage.login.user if stage is not None else request.user
        seconds = limits.wait(request, "login_failed", f"mfa-auth-user-{person.pk}")
        return ValidationError(limits.told(seconds), code=code)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write to people in their own language, whoever has caused the mail."""
        person = context.get("user")
        with translation.override(person.preferred_language if person is not None else translation.get_language()):
            super().send_mail(template_prefix, email, context)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **options: Any) -> HttpResponse:
        """Remember that this browser is the person's."""
        response: HttpResponse = super().post_login(request, user, **options)
        known_browsers.remember(request, response, user.get_username())
        return response
