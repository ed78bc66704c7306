"""`make screenshots`: photograph every page and every sentence, in every language and theme, into screenshots/."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from almanakka.demo import place
from browser import chromium

from . import LANGUAGES


def main(argv: Sequence[str]) -> int:
    """Make the pictures; return 1 if one is missing, or of a page that is no longer there."""
    options = _options(argv)
    with place.prepared(None):
        from . import camera, kept

        lacking = "" if options.check else chromium.missing() or camera.unknown(options.names)
        if lacking:
            print(f"screenshots: {lacking}", file=sys.stderr)
            return 1
        if not options.check:
            languages = options.language or LANGUAGES
            camera.photograph(languages, options.names, keep=options.keep, quick=options.quick)
        found = list(kept.faults())
        for fault in found:
            print(f"screenshots: {fault}", file=sys.stderr)
        return 1 if found else 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PAGE", help="which pages, or said-… for sentences (all)")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this one")
    parser.add_argument("--keep", action="store_true", help="only those that README and the guides show, and anew")
    parser.add_argument("--quick", action="store_true", help="light on a desktop and dark on a phone, nothing else")
    parser.add_argument("--check", action="store_true", help="only say what pictures are missing, or of no page")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
