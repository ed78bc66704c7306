"""`make bench`: measure, show a table, write bench-results.json; 1 if a floor is missed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import edits, expansion, first_run, idle, matching, pages, server_translation, stage, translation, workers
from .figures import Figure, number
from .stage import Stage

RESULTS = Path("bench-results.json")


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark; ``run`` is told whether it has to be quick, which shows that it works and nothing more."""

    says: str
    run: Callable[[Stage, bool], list[Figure]]


BENCHES = {
    "first-2000": Bench(
        "first runs of mailboxes with 2,000 entries",
        lambda place, quick: first_run.figures(place, "First run, 2,000", *((100, 1) if quick else (2000, 5))),
    ),
    "first-50000": Bench(
        "first run of a mailbox with 50,000 entries",
        lambda place, quick: first_run.figures(
            place, "First run, 50,000", *((100, 1) if quick else (50_000, 1)), first_run.MEMORY
        ),
    ),
    "idle": Bench("runs with nothing to do", idle.figures),
    "edits": Bench("edits on either side with a worker up", edits.figures),
    "workers": Bench("two workers beside one", workers.figures),
    "pages": Bench("every page of a company with 20,000 activities", pages.figures),
    "matching": Bench("matching 100,000 with 100,000", lambda place, quick: matching.figures(quick)),
    "expansion": Bench("occurrences as instants", lambda place, quick: expansion.figures(quick)),
    "future": Bench("whether a series still has an occurrence", lambda place, quick: expansion.future_figures(quick)),
    "translation": Bench("a page of Graph's events", translation.figures),
    "server-first-2000": Bench(
        "first runs of mailboxes with 2,000 entries on an Exchange Server",
        lambda place, quick: first_run.figures(
            place, "First run, 2,000 on a server", *((100, 1) if quick else (2000, 5)), server=True
        ),
    ),
    "server-idle": Bench(
        "runs with nothing to do on an Exchange Server", lambda place, quick: idle.figures(place, quick, server=True)
    ),
    "server-translation": Bench("answers and requests of an Exchange Server", server_translation.figures),
}


def main(argv: Sequence[str]) -> int:
    """Run the benchmarks named, or all."""
    options = _options(argv)
    console = Console(stderr=True, highlight=False)
    found: dict[str, list[Figure]] = {}
    with stage.prepared() as place:
        for name in options.names or BENCHES:
            with console.status(f"{name}: {BENCHES[name].says}"):
                found[name] = BENCHES[name].run(place, options.quick)
            # after each: what is found stays found if the rest is cut off
            results = json.dumps(_results(found, options.quick), indent=1, ensure_ascii=False)
            options.results.write_text(f"{results}\n", encoding="utf-8")
    figures = [figure for each in found.values() for figure in each]
    _show(figures)
    return 1 if any(figure.passed is False for figure in figures) and not options.quick else 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHES)} (all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go (%(default)s)")
    options = parser.parse_args(argv)
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    return options


def _show(found: Sequence[Figure]) -> None:
    table = Table("", "median", "", "floor", "", "beside", title="Benchmarks")
    table.columns[1].justify = table.columns[3].justify = "right"
    verdicts = {True: "[green]holds", False: "[red]missed", None: ""}
    for figure in found:
        table.add_row(
            figure.name,
            number(figure.value),
            figure.unit,
            "" if figure.floor is None else str(figure.floor),
            verdicts[figure.passed],
            figure.peer,
        )
    terminal = Console(highlight=False)
    terminal.print(table, width=None if terminal.is_terminal else 150)


def _results(found: Mapping[str, Sequence[Figure]], quick: bool) -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "figures": [{"bench": name} | figure.to_json() for name, each in found.items() for figure in each],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
