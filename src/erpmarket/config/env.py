"""Typed readers of environment variables: a missing or malformed value stops the start."""

import os
from dataclasses import dataclass, field
from pathlib import Path


class BadEnvironment(Exception):
    """A setting is missing or cannot be read; the message names the variable."""


def text(name: str, default: str | None = None) -> str:
    """Read a text; raises BadEnvironment when there is neither value nor default."""
    value = os.environ.get(name, default)
    if value is None:
        raise BadEnvironment(f"{name} is not set")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Read `1/true/yes` or `0/false/no`."""
    value = os.environ.get(name)
    if value is None:
        return default
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    try:
        return known[value.lower()]
    except KeyError:
        raise BadEnvironment(f"{name} must be 1 or 0, not {value!r}") from None


def integer(name: str, default: int, *, least: int | None = None) -> int:
    """Read a whole number, not below `least`."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise BadEnvironment(f"{name} must be a whole number, not {value!r}") from None
    if least is not None and number < least:
        raise BadEnvironment(f"{name} must be at least {least}, not {number}")
    return number


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    """Read one of a few words."""
    value = os.environ.get(name, default)
    if value not in options:
        raise BadEnvironment(f"{name} must be one of {', '.join(options)}, not {value!r}")
    return value


def names(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def secret(name: str, *, required: bool = True) -> str:
    """Read a secret from `NAME_FILE`, or `NAME`; a file keeps it out of the process list."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadEnvironment(f"{name}_FILE cannot be read: {error}") from error
    value = os.environ.get(name, "")
    if not value and required:
        raise BadEnvironment(f"{name} or {name}_FILE must be set")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """A mail server and the address that mails leave from; no host: there is none."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    from_address: str


def mail_account() -> MailAccount:
    """Read the mail account of the installation; its password may be in a file."""
    host = text("ERP_MAIL_HOST", "")
    from_address = text("ERP_MAIL_FROM", "")
    if host and not from_address:
        raise BadEnvironment("ERP_MAIL_FROM must be set with ERP_MAIL_HOST")
    return MailAccount(
        host=host,
        port=integer("ERP_MAIL_PORT", 587, least=1),
        security=choice("ERP_MAIL_SECURITY", ("starttls", "tls", "none"), "starttls"),
        username=text("ERP_MAIL_USER", ""),
        password=secret("ERP_MAIL_PASSWORD", required=False),
        from_address=from_address,
    )
