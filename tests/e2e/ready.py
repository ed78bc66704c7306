"""`almanakka`, whose database need not be migrated from nothing: ``python -m e2e.ready demo ...``."""

from __future__ import annotations

import sys

import database_template
from almanakka import cli

if __name__ == "__main__":
    database_template.adopt()
    sys.exit(cli.main())
