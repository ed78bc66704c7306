"""How signing in differs from allauth's own ways."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody adds themselves: a user belongs to a company, whose administrator adds them."""
        return False
