"""Valid input, broken in one place or in several: values that nobody should send, and trees with a branch missing."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: How many examples each property is tried with.
EXAMPLES = int(os.environ.get("ALMANAKKA_FUZZ", "150"))

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 150,
    database=None,
    suppress_health_check=list(HealthCheck),
)

Tree = Any
Path = tuple[str | int, ...]

TEXTS = (
    *(
        "",
        " ",
        "x",
        "\0",
        "a\0b",
        "\ud800",
        "\udc00\ud83d",
        "\ud83c\udf56",
        "\u202egnirts\u2066",
        "\u200b\ufeff",
        "\x1b[31m",
    ),
    *(
        "a" * 10_000,
        "🍖" * 300,
        "a" + "\u0301\u0327" * 200,
        "\r\n\r\n\r\n\t",
        "=SUM(A1)",
        "%s %(a)s {0}",
        "'; DROP TABLE",
    ),
    *("<![x[y]]>", "<!--", "<a " * 500, "<div>" * 3000, "&#" + "9" * 5000 + ";", "&#xD800;&#0;", "<p>a<p>b"),
    *(
        "tzone://Microsoft/Custom",
        "Customized Time Zone",
        "FLE Standard Time",
        "Europe/Helsinki",
        "../../etc/passwd",
        "utc",
    ),
    *(
        "monday",
        "weekday",
        "Blursday",
        "daily",
        "relativeYearly",
        "numbered",
        "endDate",
        "last",
        "fifth",
        "html",
        "private",
    ),
    *("singleInstance", "occurrence", "exception", "seriesMaster", "declined", "organizer"),
    *("smtp:a@b.example", "@", "a@" + "b" * 500, "/O=X/CN=Y", "a\0@b.example"),
    *("https://teams.microsoft.com/l/meetup-join/1", "OID.AAMk=.2026-10-12", "OID..9999-12-31", "OID.AAMk=.2026-02-30"),
)
MOMENTS = (
    *("2026-02-30T10:00:00", "2026-10-06T25:00:00", "2026-10-06", "20261006T090000Z", "2026-W41-2", "now"),
    *(
        "0001-01-01T00:00:00Z",
        "1600-12-31T23:59:59",
        "1601-01-01T00:00:00",
        "4500-09-01T00:00:00",
        "4500-09-02T00:00:00",
    ),
    *("9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "-0044-03-15T12:00:00"),
    *("2026-03-29T03:30:00", "2026-10-25T03:30:00", "2026-10-06T09:00:00+23:59", "2026-10-06T09:00:00.000000000001Z"),
)
NUMBERS = (0, -1, 1, 13, 31, 32, 99, 100, 999, 1000, 2**31, 2**63, 2**64, -(2**70), 10**400, 1.5, 1e308, -0.0)
OTHERS = (None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": []}})

anything = st.sampled_from((*TEXTS, *MOMENTS, *NUMBERS, *OTHERS)) | st.text(max_size=20) | st.integers()


def paths(tree: Tree, so_far: Path = ()) -> Iterator[Path]:
    """Every place in a tree but its root."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in children:
        yield (*so_far, key)
        yield from paths(child, (*so_far, key))


def broken(trees: st.SearchStrategy[Tree], most: int = 4) -> st.SearchStrategy[Tree]:
    """One of ``trees`` with up to ``most`` of its branches replaced, cut off, doubled or put elsewhere."""

    @st.composite
    def one(draw: st.DrawFn) -> Tree:
        tree = copy.deepcopy(draw(trees))
        for _ in range(draw(st.integers(1, most))):
            places = list(paths(tree))
            if places:
                _break(draw, tree, draw(st.sampled_from(places)), places)
        return tree

    return one()


def _break(draw: st.DrawFn, tree: Tree, path: Path, places: list[Path]) -> None:
    parent = _at(tree, path[:-1])
    deed = draw(st.sampled_from(("replace", "replace", "replace", "cut", "double", "graft")))
    if deed == "cut":
        del parent[path[-1]]
    elif deed == "double" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[path[-1]]))
    elif deed == "graft":
        parent[path[-1]] = copy.deepcopy(_at(tree, draw(st.sampled_from(places))))
    else:
        parent[path[-1]] = draw(anything)


def _at(tree: Tree, path: Path) -> Tree:
    for key in path:
        tree = tree[key]
    return tree


def written(tree: Tree) -> bytes:
    """JSON as a careless server writes it: lone surrogates escaped, numbers of any length."""
    return json.dumps(tree).encode()
