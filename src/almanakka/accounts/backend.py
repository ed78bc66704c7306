"""Who is signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from almanakka.accounts.models import User


class Backend(AuthenticationBackend):
    """allauth's own, which reads a user together with their company: every page needs both."""

    def get_user(self, user_id: Any) -> User | None:
        user: User | None = User.objects.select_related("company").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
