"""How the doctor's findings are shown: as lines for people, or as JSON for programs (B11)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rich.console import Console

from almanakka.calendars.causes import reason, title, told
from almanakka.calendars.doctor import About, Finding
from almanakka.remote.checks import Check, State, plain

_MARKS = {State.PASSED: ("✓", "green"), State.FAILED: ("✗", "red"), State.NOT_TRIED: ("–", "yellow")}


def language(chosen: str | None) -> str:
    """The language to speak in a terminal: the chosen one, else the environment's if we speak it, else English."""
    known = {code for code, _name in settings.LANGUAGES}
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = chosen or os.environ.get(name, "").partition("_")[0].partition(".")[0].lower()
        if wanted:
            return wanted if wanted in known else settings.LANGUAGE_CODE
    return str(settings.LANGUAGE_CODE)


def show(findings: Iterable[Finding], out: Console) -> bool:
    """Print each finding as soon as it is there; return whether nothing has failed.

    A mailbox that was not looked at at all is told on one line.
    """
    before, well, silent = None, True, ""
    for each in findings:
        check, about = each.check, (each.about, each.name)
        if about != before:
            untried = each.about is About.MAILBOX and check.state is State.NOT_TRIED
            before, silent = about, check.because if untried else ""
            out.print(_heading(each), markup=False, style="bold", soft_wrap=True)
            if untried:
                _print_marked(check.state, reason(check), out)
        well = well and check.state is not State.FAILED
        if not silent or check.because != silent:
            _show(each, out)
    return well


def as_json(findings: Iterable[Finding]) -> tuple[str, bool]:
    """One JSON object with everything, and whether nothing has failed."""
    rows = [_row(each) for each in findings]
    well = all(row["state"] != State.FAILED.value for row in rows)
    return json.dumps({"well": well, "checks": rows}, ensure_ascii=False, indent=2), well


# --- inside --------------------------------------------------------------------------------------


def _heading(finding: Finding) -> str:
    match finding.about:
        case About.INSTALLATION:
            return _("Installation")
        case About.OFFICE_365:
            return f"{plain(finding.name)}: Office 365"
        case About.EXCHANGE_SERVER:
            return f"{plain(finding.name)}: Exchange Server"
        case _:
            return plain(finding.name)


def _show(finding: Finding, out: Console) -> None:
    check = finding.check
    subject = f" ({check.subject})" if check.subject and check.subject != finding.name else ""
    found = f": {check.found}" if check.found else ""
    _print_marked(check.state, f"{title(check.name)}{subject}{found}", out)
    for line in _below(check):
        out.print(f"      {line}", markup=False, soft_wrap=True)


def _print_marked(state: State, line: str, out: Console) -> None:
    mark, style = _MARKS[state]
    out.print(f"  [{style}]{mark}[/{style}] ", end="")
    out.print(line, markup=False, soft_wrap=True)


def _below(check: Check) -> Iterator[str]:
    if why := reason(check):
        yield why
    if len(check.causes) > 1:
        yield _("It is one of these:")
    for number, cause in enumerate(map(told, check.causes), start=1):
        several = len(check.causes) > 1
        yield f"{number}. {cause.what}" if several else cause.what
        yield f"   {cause.remedy}" if several else cause.remedy


def _row(finding: Finding) -> dict[str, Any]:
    check = finding.check
    return {
        "about": finding.about.value,
        "name": finding.name,
        "check": check.name,
        "title": title(check.name),
        "subject": check.subject,
        "state": check.state.value,
        "found": check.found,
        "because": check.because,
        "reason": reason(check),
        "causes": [asdict(told(cause)) for cause in check.causes],
    }
