"""What a web process does for people who edit activities: one edit a line, answered once it is committed."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from typing import Any
from uuid import UUID

import django


def main() -> None:
    django.setup()
    from django.db import Error, close_old_connections

    for line in sys.stdin:
        close_old_connections()
        try:
            _carry_out(json.loads(line))
        except Error as error:
            print(f"failed: {type(error).__name__}", flush=True)
        else:
            print("done", flush=True)


def _carry_out(order: dict[str, Any]) -> None:
    from almanakka.accounts.models import User
    from almanakka.activities import changes
    from almanakka.activities.values import CANCELLED, OccurrenceDraft, Origin
    from almanakka.calendars import clock, triggers

    user = User.objects.get(pk=order["user"])
    origin = Origin(edited_at=clock.now(), by=user.pk)
    activity = UUID(order["activity"]) if "activity" in order else None
    match order["do"]:
        case "visit":
            triggers.section_changed(user, "calendar", {triggers.SECTION: "projects"})
        case "create":
            changes.create(user.company_id, _draft(order), origin)
        case "change":
            fields = {name: _value(name, value) for name, value in order["fields"].items()}
            changes.change(activity, None, fields, origin)
        case "occurrence":
            title = order["title"]
            occurrence = CANCELLED if title is None else OccurrenceDraft(name=title)
            changes.set_occurrence(activity, None, date.fromisoformat(order["day"]), occurrence, origin)
        case "remove":
            changes.remove(activity, None, origin)


def _draft(order: dict[str, Any]) -> Any:
    from .script import sketch

    others = [UUID(each) for each in order["others"]]
    return sketch(order["sketch"]).draft(UUID(order["type"]), UUID(order["user"]), others, id=UUID(order["activity"]))


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in ("start", "end") else value


if __name__ == "__main__":
    main()
