"""The command ``almanakka delegate-script``: PowerShell for the administrator of an Exchange Server (S7)."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from almanakka.remote.ews.delegate import BadParameter, Delegate, Purpose, Server, as_file, script

#: Servers by the names people know them by.
VERSIONS = {
    "2007": Server.EXCHANGE_2007,
    "2010": Server.EXCHANGE_2010,
    "2013": Server.EXCHANGE_2013,
    "2016": Server.EXCHANGE_2013,
    "2019": Server.EXCHANGE_2013,
    "SE": Server.EXCHANGE_2013,
}
OPTIONS = {
    "account": ("--account", "the account that opens the calendars, DOMAIN\\user or user@domain"),
    "unit": ("--unit", "organisational unit of the people, for example contoso.local/Staff"),
    "domain_controller": ("--domain-controller", "full name of the domain controller to ask, when one must be named"),
    "scope": ("--scope", "name of the management scope (default: %(default)s)"),
    "recipient_filter": ("--filter", "who the people are, in OPATH: MemberOfGroup -eq 'distinguished name'"),
    "assignment": ("--assignment", "name of the role assignment (default: %(default)s)"),
    "role": ("--role", "the role (default: %(default)s)"),
}
REASONS = {
    "missing": "{option} is needed for this script.",
    "too_long": "{option} is too long.",
    "control_character": "{option} contains a line break or another character that cannot be typed. Type it again.",
    "not_a_host": "{option} must be a computer's full name, for example dc1.contoso.local.",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command to its ``parser``."""
    defaults = {field.name: field.default for field in fields(Delegate)}
    parser.add_argument("purpose", choices=[each.value for each in Purpose], help="what the script shall do")
    parser.add_argument("--exchange", choices=VERSIONS, default="2019", help="the server (default: %(default)s)")
    for name, (option, text) in OPTIONS.items():
        default = defaults[name]
        parser.add_argument(option, dest=name, default=default if isinstance(default, str) else "", help=text)
    parser.add_argument(
        "--full-access", action="store_true", help="open whole mailboxes too; synchronising needs no such"
    )
    languages = ("en", "fi", "sv")
    parser.add_argument("--language", choices=languages, default="en", help="of the comments (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write a file for Windows instead of the screen")


def write(options: argparse.Namespace) -> int:
    """Write the script that ``options`` ask for; 1 with a sentence where it cannot be written."""
    delegate = Delegate(**{name: getattr(options, name) for name in OPTIONS}, full_access=options.full_access)
    try:
        text = script(delegate, VERSIONS[options.exchange], Purpose(options.purpose), options.language)
    except BadParameter as error:
        print(REASONS[error.reason].format(option=OPTIONS[error.field][0]), file=sys.stderr)
        return 1
    if options.output is None:
        print(text, end="")
        return 0
    try:
        options.output.write_bytes(as_file(text))
    except OSError as error:
        print(f"{options.output} could not be written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0
