"""The command ``almanakka``: every way to run the product."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from almanakka.database.installation import ServerUnavailable

DESCRIPTION = "Two-way calendar synchronisation between a company's activities and Microsoft calendars."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns what the process shall exit with."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almanakka.settings")
    try:
        if arguments[:1] == ["demo"]:  # it has options of its own
            from almanakka.demo import command

            return int(command.main(arguments[1:]) or 0)
        options = parser().parse_args(arguments)
        if options.command == "delegate-script":  # it needs neither settings nor a database
            from almanakka.delegate_script import write

            return write(options)
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except ServerUnavailable as error:
        print(f"almanakka: {error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The options of every command; building it starts nothing."""
    top = argparse.ArgumentParser(prog="almanakka", description=DESCRIPTION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the web application")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    serve.add_argument("--workers", type=int, default=2, help="processes of gunicorn (default: %(default)s)")
    worker = commands.add_parser("worker", help="synchronise mailboxes in the background")
    worker.add_argument("--concurrency", type=int, default=10, help="mailboxes at a time (default: %(default)s)")
    commands.add_parser("migrate", help="bring the database up to date")
    doctor = commands.add_parser("doctor", help="check the installation, every connection and every mailbox")
    doctor.add_argument("email", metavar="EMAIL", nargs="?", help="look at this person's mailbox only")
    doctor.add_argument("--all", action="store_true", help="look at connections that are not switched on, too")
    doctor.add_argument("--json", action="store_true", help="print one JSON object instead of lines for people")
    doctor.add_argument("--language", choices=("en", "fi", "sv"), help="default: that of the environment, or English")
    preview = commands.add_parser("preview", help="show what a synchronisation would do, writing nothing")
    preview.add_argument("email", metavar="EMAIL")
    sync = commands.add_parser("sync", help="synchronise one person's mailbox now")
    sync.add_argument("email", metavar="EMAIL")
    sync.add_argument("--full", action="store_true", help="read everything again, not only what has changed")
    sync.add_argument(
        "--confirm-deletions", action="store_true", help="carry out the deletions held back until the person says so"
    )
    move = commands.add_parser("move", help="go on with one person's calendar on the other kind of server")
    move.add_argument("email", metavar="EMAIL")
    move.add_argument("kind", choices=("graph", "exchange"), help="Office 365 or Exchange Server")
    move.add_argument("--allow-gaps", action="store_true", help="go on although entries are missing there")
    _add_delegate_script(commands)
    commands.add_parser("demo", help="run the whole product with simulated people", add_help=False)
    return top


def _add_delegate_script(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from almanakka import delegate_script

    delegate_script.add_options(
        commands.add_parser(
            "delegate-script",
            help="write PowerShell that lets an account open calendars on an Exchange Server",
            description="Write PowerShell for the Exchange Management Shell. Without --full-access, which is what we "
            "recommend, the account may open calendars only for the people that the filter names.",
        )
    )


def _run(options: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.db import OperationalError

    try:
        return _carry_out(options)
    except OperationalError as error:
        print(f"almanakka: the database does not answer: {str(error).strip()}", file=sys.stderr)
        return 1


def _carry_out(options: argparse.Namespace) -> int:
    from almanakka.calendars import commands

    match options.command:
        case "serve":
            return commands.serve(options.host, options.port, options.workers)
        case "worker":
            return commands.worker(options.concurrency)
        case "migrate":
            return commands.migrate()
        case "doctor":
            return commands.doctor(
                options.email, everything=options.all, as_json=options.json, language=options.language
            )
        case "preview":
            return commands.preview(options.email)
        case "move":
            return commands.move(options.email, options.kind, gaps=options.allow_gaps)
        case _:
            return commands.sync(options.email, full=options.full, confirm_deletions=options.confirm_deletions)


if __name__ == "__main__":
    sys.exit(main())
