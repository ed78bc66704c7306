"""What is logged and how: readable lines while developing, JSON in production, secrets never."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
#: Names whose values are never written down, wherever in an event's data they stand.
SECRET_NAME = re.compile(
    r"secret|password|passwd|token|authorization|assertion|cookie|private_key|certificate_key|client_state"
    r"|api_?key",
    re.IGNORECASE,
)
#: Secrets inside text: credentials in a URL, authorization headers, secret parameters of a form, JWTs.
SECRET_TEXT = (
    (re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic|NTLM|Negotiate)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"\b((?:client_secret|client_assertion|access_token|refresh_token|id_token|password|code)=)[^&\s\"']+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
)

Event = MutableMapping[str, Any]


def drop_secrets(logger: Any, method: str, event: Event) -> Event:
    """A structlog processor: hide what is named like a secret, and what looks like one inside text."""
    for name, value in event.items():
        event[name] = _cleaned(name, value)
    return event


def _cleaned(name: object, value: object) -> object:
    if isinstance(name, str) and SECRET_NAME.search(name) and not isinstance(value, bool):
        return HIDDEN
    if isinstance(value, str):
        for pattern, replacement in SECRET_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {key: _cleaned(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(None, item) for item in value]
    return value


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def configure() -> None:
    """Route structlog's events into the standard library's logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def dictionary(*, readable: bool, level: str) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, ``readable`` for people or as JSON, at ``level``."""
    if readable:
        # the plain traceback: a rich one shows local variables, and those may be secrets
        rendered: list[Any] = [
            drop_secrets,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    else:
        rendered = [structlog.processors.format_exc_info, drop_secrets, structlog.processors.JSONRenderer()]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
                "foreign_pre_chain": [*_shared(), structlog.stdlib.ExtraAdder()],
            }
        },
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "procrastinate": {"level": max(logging.getLevelName(level), logging.WARNING)},
            # URLs with their parameters, at the debug level
            "urllib3": {"level": max(logging.getLevelName(level), logging.INFO)},
        },
    }
