"""Runs the command as `python -m exchange_simulator`."""

import sys

from .cli import main

sys.exit(main())
