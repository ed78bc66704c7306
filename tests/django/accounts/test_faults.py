"""What nobody foresaw is told on a page of ours, in the reader's language, with a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def a_form_that_is_too_old() -> Any:
    return Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="fi").post("/accounts/login/")


def a_name_that_is_not_ours() -> Any:
    return Client(HTTP_ACCEPT_LANGUAGE="fi").get("/", HTTP_HOST="elsewhere.example")


def a_fault_of_ours() -> Any:
    client = Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="fi")
    with patch("almanakka.calendars.views.render", side_effect=RuntimeError("unforeseen")):
        return client.get("/status")


@pytest.mark.parametrize(
    ("meet", "status", "told"),
    [
        (a_form_that_is_too_old, 403, "Tämä sivu oli auki liian kauan"),
        (a_name_that_is_not_ours, 400, "Emme ymmärtäneet tuota"),
        (a_fault_of_ours, 500, "Täällä meni jokin vikaan"),
    ],
)
def test_it_has_a_page(meet: Callable[[], Any], status: int, told: str) -> None:
    answer = meet()
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{told}</h1>" in page
    assert '<html lang="fi">' in page
    assert 'href="/">Etusivu' in page
    assert "unforeseen" not in page
