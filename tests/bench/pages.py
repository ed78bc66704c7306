"""Every page through the server's own entry point, in a company with many activities; and what a new section costs."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http.cookies import SimpleCookie
from statistics import median, quantiles
from typing import Any

from . import process
from .figures import Figure, Floor
from .process import MeasurementFailed
from .stage import Stage

#: Milliseconds, of the slowest page; and what a change of section may add.
SLOWEST, SECTION = Floor(100), Floor(2)
#: Activities, people and projects of the company.
SIZE, TINY = (20_000, 100, 200), (120, 2, 1)

Get = Callable[[str], tuple[int, float]]


def figures(place: Stage, quick: bool) -> list[Figure]:
    """Ask each page as its administrator, who owns or takes part in a tenth of everything and has sync on."""
    size, rounds = (TINY, 2) if quick else (SIZE, 40)
    key, addresses = _company(*size)
    found = process.measure("pages.timed", session=key, addresses=addresses, rounds=rounds)
    costs = process.measure("pages.sections", session=key, rounds=2 if quick else 200)
    pages: dict[str, dict[str, float]] = found["pages"]
    slowest = max(pages, key=lambda name: pages[name]["p95"])
    first = max(pages, key=lambda name: pages[name]["cold"])
    busiest = max(pages, key=lambda name: pages[name]["cpu"])
    name = f"Pages, {size[0]:,} activities"
    return [
        Figure(f"{name}: slowest, p95", "ms", [pages[slowest]["p95"]], SLOWEST, slowest, pages),
        Figure(
            f"{name}: median of all", "ms", [each["median"] for each in pages.values()], None, f"{len(pages)} pages"
        ),
        Figure(f"{name}: most processor time", "ms", [pages[busiest]["cpu"]], None, busiest),
        Figure(f"{name}: slowest asked for the first time", "ms", [pages[first]["cold"]], None, first),
        Figure(f"{name}: first page of a fresh process", "ms", [found["fresh"]]),
        Figure(f"{name}: another section", "ms more", [costs["more"]], SECTION, "", costs),
        Figure(f"{name}: another section, once answered", "ms", [costs["afterwards"]]),
    ]


def _company(activities: int, people: int, projects: int) -> tuple[str, list[tuple[str, str]]]:
    """Found a company; return the key of its administrator's session and every page."""
    from django.db import connection
    from django.test import Client

    from pages import addresses, crowd

    now = datetime.now(UTC)
    company = crowd.founded(f"crowd{time.monotonic_ns()}.test", now)
    # today's and tomorrow's among them, however few they are
    days = crowd.DAYS if activities > 1000 else (7, 8)
    crowd.grow(company, now, people=people, projects=projects, activities=activities, days=days)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(company.boss)
    every = addresses.every(crowd.arguments(company), crowd.words(company, now.date()))
    return str(client.session.session_key), [(each.name, each.path) for each in every]


def timed(session: str, addresses: list[tuple[str, str]], rounds: int) -> dict[str, Any]:
    """Ask for every page, once and then in turn ``rounds`` times; return milliseconds by the page's name.

    Going through them in turn makes most requests one of another section.
    """
    get = _browser(session)
    _, fresh = get("/status")
    cold = {name: get(path) for name, path in addresses}
    there = [(name, path) for name, path in addresses if cold[name][0] == 200]
    again: dict[str, list[float]] = {name: [] for name, _ in there}
    used = dict.fromkeys(again, 0.0)
    for _round in range(rounds):
        for name, path in there:
            before = time.process_time()
            status, spent = get(path)
            used[name] += (time.process_time() - before) * 1000
            if status != 200:
                raise MeasurementFailed(f"{path} was answered with {status}")
            again[name].append(spent)
    pages = {
        name: {
            "median": median(spent),
            "p95": quantiles(spent, n=20)[-1],
            "cold": cold[name][1],
            "cpu": used[name] / rounds,
        }
        for name, spent in again.items()
    }
    return {"pages": pages, "fresh": fresh}


def sections(session: str, rounds: int) -> dict[str, float]:
    """Ask for two plain pages of two sections, each twice in a row; return what the first of the two costs more."""
    get = _browser(session)
    for path in ("/settings/", "/help/"):
        get(path)
    moved, stayed, afterwards = [], [], []
    for _round in range(rounds):
        for path in ("/settings/", "/help/"):
            begun = time.perf_counter()
            moved.append(get(path)[1])
            afterwards.append((time.perf_counter() - begun) * 1000 - moved[-1])
            stayed.append(get(path)[1])
    more = [there - again for there, again in zip(moved, stayed, strict=True)]
    found = {"more": more, "moved": moved, "stayed": stayed, "afterwards": afterwards}
    return {name: median(each) for name, each in found.items()} | {"p95": quantiles(more, n=20)[-1]}


def _browser(session: str) -> Get:
    """Return what asks the WSGI application for a page as a browser does, and says its status and milliseconds.

    The clock stops when the answer is there, as it does for whoever waits for it.
    """
    from almanakka.wsgi import application

    cookies = SimpleCookie({"sessionid": session})

    def get(path: str) -> tuple[int, float]:
        begun = time.perf_counter()
        answer: list[int] = []
        body: Any = application(_request(path, cookies), partial(_begun, answer, cookies))
        length = sum(map(len, body))
        spent = (time.perf_counter() - begun) * 1000
        body.close()
        if not answer or (answer[0] == 200 and not length):
            raise MeasurementFailed(f"{path} was not answered")
        return answer[0], spent

    return get


def _begun(
    answer: list[int], cookies: SimpleCookie, status: str, headers: list[tuple[str, str]], _error: Any = None
) -> None:
    """Note the status and the cookies; a file to be kept is no page, and counts as one that is not there."""
    kept = any(name.lower() == "content-disposition" for name, _ in headers)
    answer.append(404 if kept else int(status[:3]))
    for name, value in headers:
        if name.lower() == "set-cookie":
            cookies.load(value)


def _request(path: str, cookies: SimpleCookie) -> dict[str, Any]:
    address, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": "; ".join(f"{name}={each.value}" for name, each in cookies.items()),
        "HTTP_ACCEPT_ENCODING": "gzip",
        "HTTP_SEC_FETCH_DEST": "document",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
