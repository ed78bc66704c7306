"""Certificate authorities that a company has us trust instead of the usual ones, as files."""

from __future__ import annotations

import os
from hashlib import sha256

from almanakka.database.directory import data_directory, prepare


def file_of(bundle: str) -> str | None:
    """The path of a file of certificate authorities; PEM text is written to one, named by its content."""
    if not bundle.strip():
        return None
    if "-----BEGIN" not in bundle:
        return bundle.strip()
    content = bundle.encode()
    path = prepare(data_directory()) / "authorities" / f"{sha256(content).hexdigest()[:32]}.pem"
    if not path.exists():
        prepare(path.parent)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(path)
    return str(path)
