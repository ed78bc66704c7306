"""Somebody new to the demo, who goes the whole way with the company that is not connected yet, by its pages alone."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import requests
from urllib3.exceptions import InsecureRequestWarning

BOSS, PERSON = "tuuli.laine@alku.test", "eero.virtanen@alku.test"
PATIENCE = 180.0


class Newcomer:
    """What is read from what the demo has printed: where the pages are, the password, where mail and calendars are."""

    def __init__(self, printed: str) -> None:
        plain = " ".join(printed.split())
        self.pages = re.findall(r"web application: (\S+)", plain)[0]
        self.password = re.findall(r"with the password (\S+) as", plain)[0]
        self.outside = re.findall(r"calendar in the simulated Microsoft: (\S+)", plain)[0]

    def goes_the_whole_way(self) -> None:
        boss = self._signed_in(BOSS)
        microsoft = self._post(boss, "/settings/microsoft/grant", "/settings/microsoft/", kind="graph").text
        address = unescape(re.findall(r'href="(https://[^"]+adminconsent[^"]+)"', microsoft)[0])
        back = self._accepted(address)
        assert boss.get(back).status_code == 200
        assert self._post(boss, "/settings/microsoft/on", "/settings/microsoft/", kind="graph").status_code == 200

        person = self._signed_in(PERSON)
        own = "/profile/calendar-sync/"
        self._post(person, f"{own}prove", own)
        link = re.findall(r'href="([^"]+confirm-email[^"]+)"', requests.Session().get(self.outside).text)[0]
        self._post(person, link.removeprefix(self.pages), link.removeprefix(self.pages))
        assert "Standup" in person.get(f"{self.pages}{own}preview").text
        assert self._post(person, f"{own}on", own).status_code == 200
        self._wait_for(lambda: "Visit to the bridge site" in self._calendar())
        self._wait_for(lambda: any(each["title"] == "Interview" for each in self._items(person)))

        entry = next(each for each in self._items(person) if each["title"] == "Budget")
        starts = datetime.fromisoformat(entry["start"]) + timedelta(hours=2)
        moved = {"version": entry["extendedProps"]["version"], "allDay": False}
        moved |= {"start": starts.isoformat(), "end": (starts + timedelta(hours=1)).isoformat()}
        token = {"X-CSRFToken": person.cookies["csrftoken"]}
        where = f"{self.pages}/calendar/{entry['extendedProps']['activity']}/move"
        answer = person.post(where, json=moved, headers=token)
        assert answer.status_code == 200, answer.text
        self._wait_for(lambda: f"{starts:%Y-%m-%d %H:%M}" in self._calendar())

    def _signed_in(self, address: str) -> requests.Session:
        session = requests.Session()
        answer = self._post(session, "/accounts/login/", "/accounts/login/", login=address, password=self.password)
        assert answer.url == f"{self.pages}/", answer.url
        return session

    def _post(self, session: requests.Session, path: str, form: str, **fields: str) -> requests.Response:
        page = session.get(self.pages + form).text
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
        answer = session.post(self.pages + path, {"csrfmiddlewaretoken": token, **fields}, timeout=PATIENCE)
        assert answer.ok, (path, answer.status_code)
        return answer

    def _accepted(self, address: str) -> str:
        """Accept, as a browser does whose owner has gone on past the warning; return where it is sent back to."""
        where, _, query = address.partition("?")
        fields = {**dict(parse_qsl(query)), "account": "", "decision": "accept"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            answer = requests.Session().post(where, fields, verify=False, allow_redirects=False, timeout=PATIENCE)
        return answer.headers["Location"]

    def _calendar(self) -> str:
        return requests.Session().get(f"{self.outside}/calendar/{PERSON}", timeout=PATIENCE).text

    def _items(self, session: requests.Session) -> list[dict[str, Any]]:
        now = datetime.now().astimezone()
        span = {"start": (now - timedelta(days=1)).isoformat(), "end": (now + timedelta(days=7)).isoformat()}
        return list(session.get(f"{self.pages}/calendar/items", params=span, timeout=PATIENCE).json())

    def _wait_for(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.2)
