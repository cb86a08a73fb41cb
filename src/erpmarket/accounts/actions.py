"""Make logins, check passwords and PINs."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, transaction

from erpmarket.accounts.models import Pin, SignInTry, User
from erpmarket.common.errors import DomainError

_HASHER = PBKDF2PasswordHasher()
PIN_TRIES = 5
PIN_PAUSE = timedelta(minutes=1)
SIGN_IN_WINDOW = timedelta(minutes=10)
SIGN_IN_TRIES = 5
# A whole shop may come from one address; a list of stolen mails may too.
SIGN_IN_TRIES_OF_ADDRESS = 60


@dataclass(kw_only=True, eq=False)
class WrongPin(DomainError):
    """The PIN does not belong to that person; the counter of tries moved."""

    tries_left: int

    code: ClassVar[str] = "wrong_pin"

    @property
    def message(self) -> str:
        if self.tries_left == 1:
            return "Ese PIN no es. Te queda un intento."
        return f"Ese PIN no es. Te quedan {self.tries_left} intentos."


class PinPaused(DomainError):
    """Too many wrong PINs; the person waits."""

    code = "pin_paused"

    @property
    def message(self) -> str:
        return "Demasiados intentos. Espera un minuto y escribe tu PIN de nuevo."


class NotACashier(DomainError):
    """The person has no PIN or no longer works here."""

    code = "not_a_cashier"

    @property
    def message(self) -> str:
        return "Esa persona no puede abrir la caja. Elige otra o pide un PIN a quien administra."


@dataclass(frozen=True, slots=True, kw_only=True)
class PinCheck:
    """What a try of a PIN came to; `refusal` is None when it was right."""

    refusal: DomainError | None


def create_user(*, email: str, password: str) -> int:
    """Make a login and return its id."""
    user = User(email=email.lower())
    user.set_password(password)
    user.save()
    return int(user.pk)


@transaction.atomic
def set_pin(*, membership_id: int, pin: str) -> None:
    """Give a member a PIN of four to six digits, replacing the former one."""
    assert pin.isdigit() and 4 <= len(pin) <= 6, "a PIN has four to six digits"  # noqa: PLR2004, PT018
    Pin.objects.update_or_create(
        membership_id=membership_id,
        defaults={"pin_hash": _pin_hash(pin), "failed_count": 0, "locked_until": None},
    )


def _pin_hash(pin: str) -> str:
    """Hash a PIN as Django does passwords, as often as a till's tablet can at once."""
    return str(_HASHER.encode(pin, _HASHER.salt(), settings.PIN_ITERATIONS))


@transaction.atomic
def check_pin(*, membership_id: int, pin: str, at: datetime) -> PinCheck:
    """Try a PIN; a wrong one counts, and after five the person waits a minute.

    The result is returned, not raised: a refusal that undid its own counter would let a thief try
    all numbers.
    """
    row = (
        Pin.objects.select_for_update(of=("self",))
        .filter(membership_id=membership_id, membership__is_active=True)
        .first()
    )
    if row is None:
        return PinCheck(refusal=NotACashier())
    if row.locked_until is not None and at < row.locked_until:
        return PinCheck(refusal=PinPaused())
    if _HASHER.verify(pin, row.pin_hash):
        if row.failed_count or row.locked_until:
            row.failed_count, row.locked_until = 0, None
            row.save(update_fields=["failed_count", "locked_until"])
        return PinCheck(refusal=None)
    row.failed_count += 1
    refusal: DomainError = WrongPin(tries_left=PIN_TRIES - row.failed_count)
    if row.failed_count >= PIN_TRIES:
        row.failed_count, row.locked_until = 0, at + PIN_PAUSE
        refusal = PinPaused()
    row.save(update_fields=["failed_count", "locked_until"])
    return PinCheck(refusal=refusal)


class WrongSignIn(DomainError):
    """Mail and password do not go together; the same words when the mail is unknown."""

    code = "wrong_sign_in"

    @property
    def message(self) -> str:
        return "El correo o la clave no calzan. Revísalos y prueba de nuevo."


class SignInPaused(DomainError):
    """Too many tries; also the right password waits."""

    code = "sign_in_paused"

    @property
    def message(self) -> str:
        return "Fueron muchos intentos seguidos. Espera diez minutos y prueba de nuevo."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInCheck:
    """What a try to sign in came to: a login, or why not."""

    user: User | None
    refusal: DomainError | None


def check_sign_in(*, email: str, password: str, address: str, at: datetime) -> SignInCheck:
    """Try a mail and password from a network address.

    The try is counted before the password is looked at, in a statement of its own, so that many
    tries at once cannot slip through. A right one frees the mail, not the address.
    """
    email = email.strip().lower()
    own, shared = _try_key(f"{address} {email}"), _try_key(address)
    tries = _count_try(own, at, SIGN_IN_WINDOW), _count_try(shared, at, SIGN_IN_WINDOW)
    if tries[0] > SIGN_IN_TRIES or tries[1] > SIGN_IN_TRIES_OF_ADDRESS:
        return SignInCheck(user=None, refusal=SignInPaused())
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        return SignInCheck(user=None, refusal=WrongSignIn())
    SignInTry.objects.filter(key=own).delete()
    SignInTry.objects.filter(window_ends_at__lt=at).delete()
    return SignInCheck(user=user, refusal=None)


_COUNT_TRY = """
INSERT INTO accounts_signintry (key, tries, window_ends_at) VALUES (%(key)s, 1, %(ends)s)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN accounts_signintry.window_ends_at <= %(at)s THEN 1
                 ELSE accounts_signintry.tries + 1 END,
    window_ends_at = CASE WHEN accounts_signintry.window_ends_at <= %(at)s THEN %(ends)s
                          ELSE accounts_signintry.window_ends_at END
RETURNING tries
"""


def count_try(*, what: str, window: timedelta, at: datetime) -> int:
    """Count a try at something named `what` and return how many there were in its window.

    In a statement of its own, so that many at once cannot slip through; only a keyed digest of
    the name is kept. Works without a company.
    """
    SignInTry.objects.filter(window_ends_at__lt=at).delete()
    return _count_try(_try_key(what), at, window)


def _count_try(key: bytes, at: datetime, window: timedelta) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_TRY, {"key": key, "at": at, "ends": at + window})
        return int(cursor.fetchone()[0])


def _try_key(who: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"sign-in {who}".encode(), "sha256")
