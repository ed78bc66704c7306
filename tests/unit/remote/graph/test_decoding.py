"""Answers are read by many threads at once, from the first one on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import almanakka

#: Structs that nobody has decoded yet, each met by several threads at the same time.
AT_ONCE = """
import sys
from threading import Barrier, Thread
from msgspec import defstruct
from almanakka.remote.graph.decoding import decode

sys.setswitchinterval(1e-6)
fields = [(f"field_{n}", "int | None", None) for n in range(40)]
body = b'{"inner": {' + b", ".join(b'"field_%d": 1' % n for n in range(40)) + b"}}"

def read(kind, together):
    together.wait()
    for _ in range(3):
        assert decode(body, kind).inner.field_39 == 1

for _ in range(150):
    inner = defstruct("Inner", fields)
    outer, together = defstruct("Outer", [("inner", inner)]), Barrier(4)
    threads = [Thread(target=read, args=(outer, together)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
"""


def test_many_threads_may_meet_the_first_answer_of_a_kind_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nobody_else_decodes() -> None:
    """Everybody else would have to think of the threads as well."""
    files = Path(almanakka.__file__).parent.rglob("*.py")
    decoding = [
        file.name for file in files if re.search(r"json\.(decode|Decoder)\(|msgspec\.convert", file.read_text())
    ]
    assert decoding == ["decoding.py"]
