"""How often a certificate's file wants its password to be stirred, read without stirring it."""

import re
from typing import Final

# PBKDF2 (RFC 8018) and the older ways of PKCS#12 (RFC 7292, appendix C), each followed by a salt.
_STIRRED: Final = re.compile(
    rb"\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01.)"
    rb"\x30.\x04(.)",
    re.DOTALL,
)
_INTEGER: Final = 0x02
_LONGEST: Final = 8


def count_rounds(pfx: bytes) -> int:
    """Sum the rounds that a file names in the open: of its parts, and of the seal at its end.

    Source: RFC 7292, 4 and B.2; RFC 8018, A.2.
    """
    total = _seal_rounds(pfx)
    for found in _STIRRED.finditer(pfx):
        place = found.end() + found[1][0]
        if pfx[place : place + 1] == bytes([_INTEGER]):
            size = pfx[place + 1] if place + 1 < len(pfx) else 0
            total += int.from_bytes(pfx[place + 2 : place + 2 + min(size, _LONGEST)])
    return total


def _seal_rounds(pfx: bytes) -> int:
    """Read the last number of the file, where its seal says it; 0 when it says none."""
    for size in range(1, _LONGEST + 1):
        if pfx[-size - 2 : -size] == bytes([_INTEGER, size]):
            return int.from_bytes(pfx[-size:])
    return 0
