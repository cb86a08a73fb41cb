"""The unguessable address of one document, and back: company and document, sealed in a token.

A token is a synthetic nonce (16 bytes of HMAC-SHA-256 over both numbers) and the numbers masked
with a keystream that the nonce selects: the same document always has the same token, nobody can
make one or learn how many documents a shop has, and no table is asked before it is verified.
Its keys come from the master key: who changes that one ends the links (a kind page tells so).
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from erpmarket.fiscal.models import IssuedDocument
from erpmarket.tenancy.models import Environment
from erpmarket.tenancy.scope import current_company

_NONCE_BYTES: Final = 16
_COMPANY_BYTES: Final = 4
_DOCUMENT_BYTES: Final = 7
# 27 bytes are exactly 36 signs of base64: no spare bits in which two texts could mean one token.
TOKEN_SIGNS: Final = 36
_NEAR_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What a token leads to."""

    company_id: int
    document_id: int


def make_token(*, company_id: int, document_id: int) -> str:
    """Seal a company and one of its documents into 36 signs of an address."""
    numbers = company_id.to_bytes(_COMPANY_BYTES, "big") + document_id.to_bytes(
        _DOCUMENT_BYTES, "big"
    )
    nonce = _nonce(numbers)
    return base64.urlsafe_b64encode(nonce + _masked(numbers, nonce)).decode("ascii")


def read_token(token: str) -> Linked | None:
    """Open a token; None when it is none of ours. The comparison takes the same time always."""
    if len(token) != TOKEN_SIGNS or not token.isascii():
        return None
    try:
        sealed = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    nonce, masked = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    numbers = _masked(masked, nonce)
    if not hmac.compare_digest(_nonce(numbers), nonce):
        return None
    return Linked(
        company_id=int.from_bytes(numbers[:_COMPANY_BYTES], "big"),
        document_id=int.from_bytes(numbers[_COMPANY_BYTES:], "big"),
    )


def find_linked_document(text: str) -> IssuedDocument | None:
    """Find the bound company's document of a token, or of the address around one."""
    path = urlsplit(text.strip()).path if "/" in text else text.strip()
    for part in path.split("/"):
        linked = read_token(part)
        if linked is not None and linked.company_id == current_company():
            found: IssuedDocument | None = IssuedDocument.objects.filter(
                id=linked.document_id
            ).first()
            return found
    return None


def public_url(document: IssuedDocument) -> str:
    """Return the whole address of a document's public page."""
    token = make_token(company_id=document.company_id, document_id=document.id)
    return settings.PUBLIC_URL.rstrip("/") + reverse("public:document", args=[token])


def is_worth_printing(document: IssuedDocument) -> bool:
    """Say whether an address of ours belongs on a paper: a telephone cannot reach this machine.

    A demonstration shows it all the same: there it is opened on the same machine.
    """
    return has_site(document.environment)


def has_site(environment: str) -> bool:
    """Say the same of every paper of an environment, before there is one."""
    is_near = urlsplit(settings.PUBLIC_URL).hostname in _NEAR_HOSTS
    return not is_near or environment == Environment.DEMO


def lookup_site() -> str:
    """Return the address of the look-up page as a paper shows it: host and path."""
    parts = urlsplit(settings.PUBLIC_URL)
    return parts.netloc + reverse("public:lookup").rstrip("/")


def _nonce(numbers: bytes) -> bytes:
    return hmac.digest(_key("nonce"), numbers, "sha256")[:_NONCE_BYTES]


def _masked(numbers: bytes, nonce: bytes) -> bytes:
    stream = hmac.digest(_key("mask"), nonce, "sha256")
    return bytes(byte ^ other for byte, other in zip(numbers, stream, strict=False))


def _key(purpose: str) -> bytes:
    return _derived(settings.MASTER_KEY, purpose)


@cache
def _derived(master_key: str, purpose: str) -> bytes:
    master = base64.b64decode(master_key, validate=True)
    return hmac.digest(master, f"erpmarket public links 1 {purpose}".encode(), "sha256")
