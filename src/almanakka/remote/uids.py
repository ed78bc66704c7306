"""Microsoft's meeting uids: what the copies of one meeting, and of one of its occurrences, have in common."""

from __future__ import annotations

import re
from datetime import date

# MS-OXOCAL 2.2.1.27 (PidLidGlobalObjectId): a fixed 16-byte class id, then year (2 bytes), month and day of the
# original start of one occurrence, or zeros, then creation time, padding, size and data; here in hexadecimal.
_GLOBAL_OBJECT_ID = re.compile(r"040000008200E00074C5B7101A82E008[0-9A-F]{8,}", re.IGNORECASE)
_DATE, _NO_DATE = slice(32, 40), "00000000"


def clean(uid: str) -> tuple[str, date | None]:
    """Split a uid into the one that all copies and occurrences share, and the occurrence's original date, if any.

    That is PidLidCleanGlobalObjectId (MS-OXOCAL 2.2.1.28). Any other text is returned as it is.
    """
    if (uid[_DATE] == _NO_DATE and uid == uid.upper()) or not _GLOBAL_OBJECT_ID.fullmatch(uid):
        return uid, None
    digits = uid.upper()
    year, month, day = int(digits[32:36], 16), int(digits[36:38], 16), int(digits[38:40], 16)
    if (year, month, day) == (0, 0, 0):
        return digits, None
    try:
        original = date(year, month, day)
    except ValueError:
        return digits, None
    return f"{digits[: _DATE.start]}{_NO_DATE}{digits[_DATE.stop :]}", original
