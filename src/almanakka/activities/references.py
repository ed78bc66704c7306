"""Whether what an activity names belongs to its own company."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _

from almanakka.accounts.models import User
from almanakka.activities.models import ActivityType, Project
from almanakka.activities.values import Draft, InvalidActivity

NAMES = frozenset({"type_id", "project_id", "owner_id", "participants"})


def check(company_id: UUID, drafts: Collection[Draft], names: Collection[str] = NAMES) -> None:
    """Raise InvalidActivity if a cleaned draft names something of another company, or that does not exist.

    Looks only at the fields in ``names``; at most three statements however many drafts there are.
    """
    types, projects, users = (set[UUID | None]() for _kind in range(3))
    for draft in drafts:
        if "type_id" in names:
            types.add(draft.type_id)
        if "project_id" in names:
            projects.add(draft.project_id)
        users.update(_people(draft, names))
    strange_types = _strangers(ActivityType, company_id, types)
    strange_projects = _strangers(Project, company_id, projects)
    strange_users = _strangers(User, company_id, users)
    if not (strange_types or strange_projects or strange_users):
        return
    for draft in drafts:
        if draft.type_id in strange_types:
            raise InvalidActivity(_("The company has no such activity type."), "foreign-type", draft.id)
        if draft.project_id in strange_projects:
            raise InvalidActivity(_("The company has no such project."), "foreign-project", draft.id)
        if strange_users.intersection(_people(draft, names)):
            sentence = _("The owner and all participants must be people of the company.")
            raise InvalidActivity(sentence, "foreign-person", draft.id)


def _people(draft: Draft, names: Collection[str]) -> Iterable[UUID | None]:
    if "owner_id" in names:
        yield draft.owner_id
    if "participants" in names:
        yield from draft.participants


def _strangers(model: type[Model], company_id: UUID, ids: set[UUID | None]) -> set[UUID | None]:
    named = ids - {None}
    if not named:
        return set()
    known = model._default_manager.filter(company_id=company_id, pk__in=named).values_list("pk", flat=True)
    return named - set(known)
