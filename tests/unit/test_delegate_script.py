"""The command that writes PowerShell for an Exchange administrator (S7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from almanakka.cli import main

GRANT = ("delegate-script", "grant", "--account", "CONTOSO\\calsync")
FILTER = ("--filter", "MemberOfGroup -eq 'CN=Sync,DC=contoso,DC=com'")


@pytest.mark.parametrize("version", ["2010", "2013", "2016", "2019", "SE"])
def test_a_script_is_printed(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*GRANT, "--exchange", version, *FILTER]) == 0
    assert "$filter = 'MemberOfGroup -eq ''CN=Sync,DC=contoso,DC=com'''" in capsys.readouterr().out


def test_2007_needs_the_people_s_unit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*GRANT, "--exchange", "2007"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "--unit is needed for this script.\n")


def test_a_finnish_script_goes_into_a_file_for_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "grant.ps1"
    assert main([*GRANT, *FILTER, "--language", "fi", "--output", str(target)]) == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbf# Antaa alla olevan tunnuksen")
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_said_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "missing" / "grant.ps1"
    assert main([*GRANT, *FILTER, "--output", str(target)]) == 1
    assert capsys.readouterr().err == f"{target} could not be written: No such file or directory.\n"


def test_the_least_that_is_needed_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*GRANT, *FILTER]) == 0
    assert "FullAccess" not in capsys.readouterr().out
    assert main([*GRANT, *FILTER, "--unit", "contoso.local/Staff", "--full-access"]) == 0
    assert "FullAccess" in capsys.readouterr().out
