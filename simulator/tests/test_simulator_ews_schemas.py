"""Where Microsoft's schemas are at hand, the Exchange Server is held to them, and so is whoever asks it."""

from __future__ import annotations

import base64
import os

import pytest
from exchange_organisation import ACCOUNT, FOLDER, PASSWORD, Organisation, envelope, found_organisation

from exchange_simulator import RunningSimulator
from exchange_simulator.ews import app, folders, schemas

pytestmark = pytest.mark.skipif(schemas.VARIABLE not in os.environ, reason="the schemas of ../shared/data are not here")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the simulator says of it in its log."""
    said: list[str] = []
    monkeypatch.setattr(app.log, "error", lambda text, *values: said.append(text % values))
    return said


def ask(organisation: Organisation, body: bytes) -> tuple[int, str]:
    connection = organisation.connection()
    basic = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
    headers = {"Content-Type": "text/xml; charset=utf-8", "Authorization": f"Basic {basic}"}
    connection.request("POST", app.PATH, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize("version", ["2007", "2013", "2016", "SE"])
def test_what_the_schema_does_not_allow_is_refused(simulator: RunningSimulator, told: list[str], version: str) -> None:
    organisation = found_organisation(simulator, version)
    address = organisation.anna.address
    status, text = ask(organisation, envelope(FOLDER, address, "Exchange2007_SP1"))
    assert (status, told) == (200, [])
    assert "NoError" in text
    shape = FOLDER[FOLDER.index("<m:FolderShape>") : FOLDER.index("<m:FolderIds>")]
    wrong = FOLDER.replace(shape, "").replace("</m:FolderIds>", f"</m:FolderIds>{shape}")
    status, text = ask(organisation, envelope(wrong, address, "Exchange2007_SP1"))
    assert status == 500
    assert "ErrorSchemaValidation" in text
    assert len(told) == 1


def test_an_answer_that_the_schema_does_not_allow_is_not_given(
    simulator: RunningSimulator, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = found_organisation(simulator)
    monkeypatch.setattr(folders, "success", lambda operation, content="": content)
    status, _ = ask(organisation, envelope(FOLDER, organisation.anna.address))
    assert status == 500
    assert len(told) == 1


def test_a_fault_is_told_with_a_code_that_there_is(simulator: RunningSimulator, told: list[str]) -> None:
    organisation = found_organisation(simulator)
    simulator.world.faults.add("throttled", method="GetFolder", retry_after=3)
    status, text = ask(organisation, envelope(FOLDER, organisation.anna.address))
    assert (status, told) == (500, [])
    assert '<t:Value Name="BackOffMilliseconds">3000</t:Value>' in text
