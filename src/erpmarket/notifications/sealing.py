"""Passwords of mail accounts at rest; the vault is named in settings because it sits above us."""

from django.conf import settings
from django.utils.module_loading import import_string


def seal_password(password: str, *, context: str) -> bytes:
    """Encrypt a password for the database; `context` says whose it is."""
    return bytes(import_string(f"{settings.VAULT}.seal")(password.encode(), context=context))


def open_password(sealed: bytes, *, context: str) -> str:
    """Decrypt a password: in workers only. Raises the vault's SealBroken."""
    plain: bytes = import_string(f"{settings.VAULT}.open_sealed")(sealed, context=context)
    return plain.decode()


def is_current(sealed: bytes) -> bool:
    """Tell whether a password is sealed under the current master key."""
    header: bytes = import_string(f"{settings.VAULT}.current_header")()
    return bytes(sealed).startswith(header)


def reseal_password(sealed: bytes, *, context: str) -> bytes:
    """Bring a password under the current master key. Raises the vault's SealBroken."""
    return bytes(import_string(f"{settings.VAULT}.reseal")(bytes(sealed), context=context))
