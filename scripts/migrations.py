"""Refuse a change of a model that has no migration; unlike `makemigrations --check` it needs no database."""

from __future__ import annotations

import os
import sys

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState

import django

OWN = "almanakka."


def missing() -> list[str]:
    """What the migrations lack, one line per operation: "accounts: Add field phone to user"."""
    own = {config.label for config in apps.get_app_configs() if config.name.startswith(OWN)}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    autodetector = MigrationAutodetector(
        loader.project_state(),
        ProjectState.from_apps(apps),
        NonInteractiveMigrationQuestioner(specified_apps=own, dry_run=True),
    )
    changes = autodetector.changes(graph=loader.graph)
    lines = [
        f"{label}: {operation.describe()}"
        for label, migrations in sorted(changes.items())
        if label in own
        for migration in migrations
        for operation in migration.operations
    ]
    conflicts = loader.detect_conflicts()
    lines += [f"{label}: several last migrations: {', '.join(names)}" for label, names in conflicts.items()]
    return lines


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almanakka.settings")
    django.setup()
    lines = missing()
    for line in lines:
        print(f"no migration for {line}")
    print("migrations: incomplete" if lines else "migrations: complete")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
