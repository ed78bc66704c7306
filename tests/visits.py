"""Pages as somebody signed in gets them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from almanakka.accounts.models import User


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())
