"""The block under a mirror's notes that says what its calendar cannot: people, project, link (DESIGN §4.13)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from almanakka.activities.models import Activity, Project
from almanakka.sync.footer import MARKER

VARIABLE = "ALMANAKKA_BASE_URL"


class Footers:
    """Writes the blocks of one mailbox, always in ``language``, so that the same activity gives the same text."""

    def __init__(self, user: UUID, language: str) -> None:
        self.user = user
        with override(language):
            self._participants = _("Participants: %s")
            self._guests = _("Guests: %s")
            self._project = _("Project: %s")
        self._base = os.environ.get(VARIABLE, "").rstrip("/")

    def of(self, activity: Activity, names: Mapping[UUID, str], projects: Mapping[UUID, Project]) -> str:
        """The block for ``activity``: empty if it has nobody but the mailbox's user, and no project."""
        people = self._people(activity)
        project = projects.get(activity.project_id)
        if people <= {self.user} and not activity.guests and project is None:
            return ""
        rows = [MARKER]
        if people - {self.user}:
            rows.append(self._participants % _listed(names[person] for person in people if person in names))
        if activity.guests:
            rows.append(self._guests % _listed(guest["name"] or guest["address"] for guest in activity.guests))
        if project is not None:
            rows.append(self._project % _named(project))
        if self._base:
            rows.append(f"{self._base}/activities/{activity.pk}/")
        return "\n".join(rows)

    def _people(self, activity: Activity) -> set[UUID]:
        """Who is named: not those who hide that they take part (B9)."""
        shown = {row.user_id for row in activity.participants.all() if not row.private or row.user_id == self.user}
        return shown | ({activity.owner_id} if activity.owner_id is not None else set())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(_one_line(name) for name in names))


def _named(project: Project) -> str:
    name = _one_line(project.name)
    return f"{name} ({_one_line(project.customer)})" if project.customer else name


def _one_line(text: str) -> str:
    return " ".join(text.split())
