"""What the environment makes of the settings, and secrets that stay secret."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import connection

from almanakka import logs
from almanakka.database import url
from almanakka.database.directory import VARIABLE
from almanakka.database.secret import kept_secret

PASSWORD = "p@ss/word"


def settings_with(**environment: str) -> dict[str, Any]:
    """Some settings as a process with only this ``environment`` sees them."""
    names = ("DEBUG", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_TRUSTED_ORIGINS")
    script = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={"DJANGO_SETTINGS_MODULE": "almanakka.settings", "PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_served_to_this_machine_alone_it_works_without_https() -> None:
    found = settings_with()
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert not (found["DEBUG"])
    assert not (found["SECURE_SSL_REDIRECT"])
    assert not (found["SESSION_COOKIE_SECURE"])


def test_served_to_others_it_insists_on_https() -> None:
    found = settings_with(ALMANAKKA_ALLOWED_HOSTS="cal.kuusi.example, .paju.example")
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://cal.kuusi.example", "https://*.paju.example"]


def test_a_database_url_is_read_whole() -> None:
    assert url.parse("postgres://aino:p%40ss%2Fword@db.kuusi.example:6432/cal%20endar?sslmode=require") == {
        "NAME": "cal endar",
        "USER": "aino",
        "PASSWORD": PASSWORD,
        "HOST": "db.kuusi.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }
    assert url.parse("postgresql:///calendar?host=/run/postgresql")["HOST"] == "/run/postgresql"
    assert url.parse("postgres://[::1]/calendar")["HOST"] == "::1"


@pytest.mark.parametrize(
    "given",
    [
        "mysql://a:secret@host/db",
        "postgres://a:secret@host",
        "postgres:///db",
        "postgres://a:secret@host:99999/db",
        "",
    ],
)
def test_a_database_url_that_says_too_little_is_refused_without_its_password(given: str) -> None:
    with pytest.raises(url.InvalidDatabaseUrl) as caught:
        url.parse(given)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_secret_is_made_once_for_everybody_and_for_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(kept_secret, ["key"] * 16))
    (secret,) = found
    assert len(secret) >= 50
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]
    assert (tmp_path / "data" / "key").stat().st_mode & 0o777 == 0o600
    assert kept_secret("other") != secret


def logged(**event: Any) -> dict[str, Any]:
    """What one event becomes in the production log."""
    formatter = logs.dictionary(readable=False, level="INFO")["formatters"]["lines"]
    made = structlog.stdlib.ProcessorFormatter(
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    text = event.pop("event")
    record = logging.LogRecord("almanakka", logging.INFO, __file__, 1, text, None, None)
    record.__dict__.update(event)
    result: dict[str, Any] = json.loads(made.format(record))
    return result


def test_secrets_never_reach_the_log() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJncmFwaCJ9.c2lnbmF0dXJl"
    line = logged(
        event=f"POST https://aino:{PASSWORD}@host/ with Bearer {token} and client_secret=s3cr3t&x=1, {token}",
        client_secret="s3cr3t",
        request={"Authorization": f"Bearer {token}", "body": ["password=s3cr3t"], "path": "/me/events"},
        watermark="kept",
        tokens_left=3,
    )
    written = json.dumps(line)
    for secret in (token, "s3cr3t"):
        assert secret not in written
    assert line["request"]["path"] == "/me/events"
    assert line["watermark"] == "kept"
    assert line["level"] == "info"
    assert "x=1" in line["event"]


def test_an_exception_is_logged_without_its_secrets() -> None:
    try:
        raise ValueError("refused: client_secret=s3cr3t")
    except ValueError:
        error = sys.exc_info()
    line = logged(event="failed", exc_info=error)
    assert "ValueError: refused: client_secret=[hidden]" in line["exception"]


def test_the_queue_can_be_emptied_between_tests(empty_queue: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)
