"""Seeds and tokens: who signs a seed with a trusted certificate gets a token for its RUT."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lxml import etree

from . import signatures
from .certificates import Authority, is_current, rut_of
from .envelope import safe_parser
from .registry import Registry
from .settings import Settings

_PROGRAM = re.compile(r"Mozilla/4\.0 \(\s*compatible;\s*PROG 1\.0\b")
_TOKEN = re.compile(r"(?:^|;\s*)TOKEN=([^;\s]+)")


class TokenState(StrEnum):
    """What a token is worth; the values are the ESTADO of a query that brings it."""

    GOOD = ""
    INACTIVE = "001"
    UNKNOWN = "003"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAnswer:
    """What the token endpoint says; `token` is empty unless `state` is 00."""

    state: str
    words: str
    token: str = ""


def token_in(headers: dict[str, str]) -> str:
    """Find the token that a request brings in its cookie; "" when there is none."""
    found = _TOKEN.search(headers.get("cookie", ""))
    return found[1] if found else ""


def is_known_program(headers: dict[str, str]) -> bool:
    """Tell whether the upload gateways take the caller for a program, not for a browser."""
    return _PROGRAM.match(headers.get("user-agent", "")) is not None


class Login:
    """Give seeds, take signed seeds, know tokens."""

    def __init__(self, *, registry: Registry, authority: Authority, settings: Settings) -> None:
        self._registry = registry
        self._authority = authority
        self._settings = settings

    def seed(self, *, at: datetime) -> str:
        """Give out a seed of twelve digits; it lives two minutes and serves once."""
        seed = f"{secrets.randbelow(10**12):012d}"
        self._registry.add_seed(seed, at=at)
        return seed

    def token(self, signed_seed: bytes, *, channel: str, at: datetime) -> LoginAnswer:
        """Check a signed getToken and answer a token, or the state code that says why not.

        The token counts on this channel only.
        """
        try:
            root = etree.fromstring(signed_seed, safe_parser())
        except etree.XMLSyntaxError:
            return LoginAnswer(state="01", words="XML Inválido")
        seed = (root.findtext("item/Semilla") or root.findtext("Semilla") or "").strip()
        if root.tag != "getToken" or not seed:
            return LoginAnswer(state="06", words="XML Inválido, no trae Semilla")
        try:
            certificate = signatures.check_seed(root).certificate
        except signatures.BadSignatureError as error:
            return LoginAnswer(state=error.state, words=_REASONS[error.state])
        # Only now: a seed is used up by a signature that holds.
        made_at = self._registry.take_seed(seed)
        if made_at is None:
            return LoginAnswer(state="10", words="Semilla desconocida o ya usada")
        if at - made_at > timedelta(seconds=self._settings.seed_life_seconds):
            return LoginAnswer(state="08", words="Semilla vencida")
        rut = rut_of(certificate)
        if rut is None:
            return LoginAnswer(state="-07", words="El certificado no trae RUT")
        if not self._authority.trusts(certificate) or not is_current(certificate, at=at):
            return LoginAnswer(state="-3", words="Certificado no autorizado o no vigente")
        token = secrets.token_hex(8).upper()
        self._registry.add_token(token, rut=rut, channel=channel, at=at)
        return LoginAnswer(state="00", words="Token Creado", token=token)

    def look_up(self, token: str, *, channel: str, at: datetime) -> tuple[TokenState, str]:
        """Tell what a token is worth on a channel, and whose it is while it is good."""
        found = self._registry.find_token(token, channel=channel)
        if found is None:
            return TokenState.UNKNOWN, ""
        rut, made_at = found
        if at - made_at > timedelta(seconds=self._settings.token_life_seconds):
            return TokenState.INACTIVE, ""
        return TokenState.GOOD, rut


_REASONS = {
    "04": "XML Inválido, no trae Signature",
    "05": "XML Inválido, firma invalida",
    "11": "No se encuentra el certificado",
    "21": "La llave no corresponde al certificado",
}
