"""Set-up does its work once, survives being cut short, and says plainly what is missing."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Our interpreter as a word of the shell: a clone's path may have spaces in it.
PYTHON = shlex.quote(sys.executable)
TOOLS = ("sh", "bash", "cat", "cksum", "dirname", "id", "rm", "flock")
#: Stands in for uv: leaves a line for every call and the interpreter that the real one would have installed.
UV = """#!/bin/sh
if [ "$1" = --version ]; then echo "uv 0.9.0"; exit 0; fi
echo "$*" >>calls
echo uv $SSL_CERT_FILE $PIP_CERT >>trusted
mkdir -p .venv/bin && ln -sf {python} .venv/bin/python
exit "$(cat uv-answers)"
"""


@dataclass
class Clone:
    """A tree with the files that set-up reads, and a PATH of nothing but what is put there."""

    root: Path
    bin: Path

    def set_up(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(self.root / "scripts" / "set-up")],
            env={"PATH": str(self.bin), "HOME": str(self.root), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> int:
        log = self.root / "calls"
        return len(log.read_text().splitlines()) if log.exists() else 0


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be a link to the machine's own program, which would be written over
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    root, bin_ = tmp_path / "clone", tmp_path / "bin"
    bin_.mkdir()
    for tool in (*TOOLS, "mkdir", "ln"):
        found = shutil.which(tool)
        if found is not None:
            (bin_ / tool).symlink_to(found)
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "set-up", root / "scripts")
    for name in ("pyproject.toml", "uv.lock", "simulator/pyproject.toml"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    executable(root / ".tools" / "bin" / "uv", UV.format(python=PYTHON))
    (root / "uv-answers").write_text("0")
    return Clone(root, bin_)


@pytest.fixture
def with_python(clone: Clone) -> Clone:
    executable(clone.bin / "python3", f'#!/bin/sh\nexec {PYTHON} "$@"\n')
    return clone


def test_installs_once_and_says_nothing_the_second_time(with_python: Clone) -> None:
    first = with_python.set_up()
    assert (first.returncode, first.stdout, with_python.calls()) == (0, "", 1)
    assert "set-up: done" in first.stderr
    second = with_python.set_up()
    assert (second.returncode, second.stdout, second.stderr, with_python.calls()) == (0, "", "", 1)


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", "simulator/pyproject.toml"])
def test_installs_again_when_what_is_wanted_changes(with_python: Clone, name: str) -> None:
    with_python.set_up()
    (with_python.root / name).write_text("another", encoding="utf-8")
    assert with_python.set_up().returncode == 0
    assert with_python.calls() == 2


def test_a_set_up_cut_short_is_done_again(with_python: Clone) -> None:
    (with_python.root / "uv-answers").write_text("137")
    failed = with_python.set_up()
    assert failed.returncode == 1
    assert "uv could not install" in failed.stderr
    (with_python.root / "uv-answers").write_text("0")
    assert with_python.set_up().returncode == 0
    assert with_python.set_up().returncode == 0
    assert with_python.calls() == 2


def test_an_environment_whose_interpreter_is_gone_is_made_again(with_python: Clone) -> None:
    with_python.set_up()
    (with_python.root / ".venv" / "bin" / "python").unlink()
    assert with_python.set_up().returncode == 0
    assert with_python.calls() == 2


@pytest.mark.parametrize("old", [None, '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n'])
def test_says_that_python_is_missing_or_too_old(clone: Clone, old: str | None) -> None:
    if old is not None:
        executable(clone.bin / "python3", old)
    result = clone.set_up()
    assert (result.returncode, result.stdout, clone.calls()) == (1, "", 0)
    assert "Python 3.11 or newer is needed" in result.stderr
    assert ("Python 3.9.2" if old else "none") in result.stderr


def test_says_which_package_holds_venv(clone: Clone) -> None:
    (clone.root / ".tools" / "bin" / "uv").unlink()
    without_venv = f"""#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
exec {PYTHON} "$@"
"""
    executable(clone.root / "python-without-venv", without_venv)
    # set-up asks the interpreter for its own path, so that one has to lack the module too
    executable(
        clone.bin / "python3",
        f"#!/bin/sh\ncase $* in *_base_executable*) echo '{clone.root}/python-without-venv' ;; esac\n",
    )
    result = clone.set_up()
    assert (result.returncode, result.stdout) == (1, "")
    assert "apt-get install python3-venv" in result.stderr


@pytest.fixture
def bare(clone: Clone) -> Clone:
    """A root's tree on a Debian where the venv module is still a package to be installed."""
    tools = clone.root / ".tools" / "bin"
    shutil.copy(tools / "uv", clone.root / "downloaded-uv")
    shutil.rmtree(clone.root / ".tools")
    executable(clone.bin / "id", "#!/bin/sh\necho 0\n")
    executable(clone.bin / "apt-get", "#!/bin/sh\necho noise\nexec >>apt-calls\necho $*\n")
    executable(
        clone.root / "pip",
        "#!/bin/sh\necho pip $SSL_CERT_FILE $PIP_CERT >>trusted\nexec cp downloaded-uv .tools/bin/uv\n",
    )
    executable(
        clone.bin / "python3",
        f"""#!/bin/sh
case "$*" in
    *_base_executable*) echo '{clone.bin}/python3' ;;
    *ensurepip*) [ -e apt-calls ] ;;
    "-I -m venv .tools") mkdir -p .tools/bin && cp pip .tools/bin/python ;;
    *) exec {PYTHON} "$@" ;;
esac
""",
    )
    (clone.bin / "cp").symlink_to(str(shutil.which("cp")))
    return clone


def test_root_gets_the_missing_package_installed(bare: Clone) -> None:
    result = bare.set_up()
    assert (result.returncode, result.stdout, bare.calls()) == (0, "", 1)
    assert "noise" not in result.stderr
    calls = (bare.root / "apt-calls").read_text(encoding="utf-8")
    assert calls.splitlines() == ["update -qq", "install -y -qq --no-install-recommends python3-venv"]


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"])
def test_whom_the_environment_trusts_both_pip_and_uv_trust(bare: Clone, variable: str) -> None:
    store = bare.root / "authorities of this network"
    store.write_text("ours\n", encoding="utf-8")
    assert bare.set_up(**{variable: str(store)}).returncode == 0
    trusted = (bare.root / "trusted").read_text(encoding="utf-8")
    assert trusted.splitlines() == [f"pip {store} {store}", f"uv {store} {store}"]


def test_authorities_put_there_by_hand_stay_trusted_when_debian_brings_its_own(bare: Clone) -> None:
    store = bare.root / "ca-certificates.crt"
    store.write_text("ours\n", encoding="utf-8")
    executable(bare.bin / "apt-get", f"#!/bin/sh\necho $* >>apt-calls\necho of Debian >'{store}'\n")
    assert bare.set_up(SSL_CERT_FILE=str(store)).returncode == 0
    assert store.read_text(encoding="utf-8") == "of Debian\nours\n"
