"""Folio authorizations (CAF): read, verify, keep."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from lxml import etree

from dte.amounts import read_integer
from dte.clock import months_later
from dte.codes import DocumentType
from dte.errors import DteError, XmlRefused
from dte.keys import load_private_key, public_key, rsa_fits_sha1
from dte.law import Norm, newest_number
from dte.rut import InvalidRut, Rut
from dte.text import read_base64
from dte.xml.canonical import flatten
from dte.xml.parse import child, child_text, children, decode_xml, local_name, parse_text

MAX_BYTES = 100_000
MAX_FOLIO = 9_999_999_999

_DOWNLOAD_AGAIN = "Descárgalo otra vez del sitio del SII y súbelo sin abrirlo ni modificarlo."
_CAF_TEXT = re.compile(r"<CAF\b.*?</CAF\s*>", re.DOTALL)
# What is not signed (around DA) must stand exactly so: it goes into every stamp.
_FLAT_CAF = re.compile(
    r'<CAF version="1\.0">(<DA>.*</DA>)<FRMA algoritmo="SHA1withRSA">([^<]+)</FRMA></CAF>',
    re.DOTALL,
)
_FOLIO = re.compile(r"[0-9]{1,10}")

# Credit may be taken from a factura only when its folio is young; boletas give no credit.
# Source: Res. Ex. SII 58 of 2017 (33, 43, 46, 56, 61). For 52 sources disagree: the strict way.
_EXPIRING = frozenset(
    {
        DocumentType.FACTURA,
        DocumentType.LIQUIDACION,
        DocumentType.FACTURA_COMPRA,
        DocumentType.GUIA,
        DocumentType.NOTA_DEBITO,
        DocumentType.NOTA_CREDITO,
    }
)
_VALID_MONTHS = newest_number(Norm.FOLIO_MONTHS)


class BadCaf(DteError):
    """A file is no folio authorization.

    Codes: unreadable, two_roots, not_a_caf, bad_field, bad_range, unsupported_kind,
    no_private_key, bad_private_key.
    """


class CafSignatureWrong(DteError):
    """The tax office's signature does not fit: the file was changed or is false."""

    def __init__(self) -> None:
        super().__init__(
            "caf_signature_wrong",
            "La firma del SII en este archivo de folios no corresponde: el archivo fue"
            f" modificado. {_DOWNLOAD_AGAIN}",
        )


class CafKeyMismatch(DteError):
    """The private key of the file is not the pair of its public key."""

    def __init__(self) -> None:
        super().__init__(
            "caf_key_mismatch",
            "La clave privada de este archivo de folios no es la de su autorización."
            f" {_DOWNLOAD_AGAIN}",
        )


class CafUnknownAuthority(DteError):
    """The key that signed the authorization (IDK) is not one we trust here; `key_id` names it."""

    def __init__(self, key_id: int) -> None:
        self.key_id = key_id
        super().__init__(
            "caf_unknown_authority",
            f"Este archivo de folios viene de otro ambiente (llave {key_id})."
            " Descarga los folios en el ambiente en que está tu empresa.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiKey:
    """A public key that signs authorizations. `environment` is "certification", "production"…"""

    modulus: int
    exponent: int
    environment: str


# The bare numbers: the certificates around them are not readable by today's libraries (X.509
# version out of range, md5WithRSA, expired in 2004). They verify every real CAF seen, 2003 to 2026.
SII_KEYS: Mapping[int, SiiKey] = {
    100: SiiKey(
        modulus=int(
            "C8FBF00DCB21A55000A585522C5DE528A73E0CE16CC03AB1E5EA7DE4B2A28111"
            "E352FAEF8DCB7D51E349ABD4B105DCD4F67CF9E13115058C9F0154291B8C7153",
            16,
        ),
        exponent=65537,
        environment="certification",
    ),
    300: SiiKey(
        modulus=int(
            "9DEEBFC5EEBD96DF4C7CF53F1BFA15D85D73EF04C6718F8C07B3F785EFEE75E7"
            "B4EF5A3AE079C3265A900E45F602890AF6FB4FAFA2B8D6938F7F011C3585B335",
            16,
        ),
        exponent=65537,
        environment="production",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCaf:
    """The public part of an authorization; folios `first` to `last`, both included.

    `element` is the flat `<CAF>` text, the one that goes into each stamp; `signature` is the
    tax office's (FRMA).
    """

    kind: DocumentType
    issuer: Rut
    issuer_name: str
    first: int
    last: int
    authorized_on: date
    key_id: int
    element: str = field(repr=False)
    signature: bytes = field(repr=False)
    public_key: RSAPublicKey = field(repr=False, compare=False)

    @property
    def public_xml(self) -> bytes:
        """The flat `<CAF>` element in ISO-8859-1: store it beside the encrypted key."""
        return self.element.encode("iso-8859-1")

    @property
    def expires_on(self) -> date | None:
        """The first day its folios may no longer be used; None when they do not expire.

        Source: Res. Ex. SII 58 of 2017: six months from FA, for papers that give tax credit.
        """
        if self.kind not in _EXPIRING:
            return None
        return months_later(self.authorized_on, _VALID_MONTHS)

    def holds(self, folio: int) -> bool:
        """Say whether a folio lies in the authorized range."""
        return self.first <= folio <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Caf(PublicCaf):
    """An authorization with the key that stamps; the key shows in no repr."""

    private_key_pem: bytes = field(repr=False, compare=False)
    private_key: RSAPrivateKey = field(repr=False, compare=False)


def load_caf(xml: bytes) -> Caf:
    """Read the file that the tax office hands out (`<AUTORIZACION>`), key included.

    The file's own consistency is checked, not who signed it: see `verify_caf`. Raises BadCaf and
    CafKeyMismatch.
    """
    root, element = _read_caf_file(xml)
    pem = child_text(root, "RSASK").strip()
    if local_name(root) != "AUTORIZACION" or not pem:
        _refuse("no_private_key", "El archivo de folios no trae su clave privada.")
    return _join(element, pem.encode("ascii", "replace") + b"\n", trust=False)


def load_public_caf(xml: bytes) -> PublicCaf:
    """Read an authorization, or a bare `<CAF>`, without needing its key. Raises BadCaf."""
    return read_caf_element(_read_caf_file(xml)[1])


def join_caf(public_xml: bytes, private_key_pem: bytes) -> Caf:
    """Put the two stored parts of a loaded authorization together, without the slow key checks.

    Raises BadCaf and CafKeyMismatch.
    """
    return _join(public_xml.decode("iso-8859-1"), private_key_pem, trust=True)


def verify_caf(caf: PublicCaf, *, trusted: Mapping[int, SiiKey] = SII_KEYS) -> None:
    """Check the tax office's signature (FRMA) with the trusted key of its number (IDK).

    Give only the keys of the environment the company is in. Raises CafUnknownAuthority and
    CafSignatureWrong.
    Source: DTE_v10.xsd, CAF/FRMA (SHA1withRSA over DA).
    """
    authority = trusted.get(caf.key_id)
    if authority is None:
        raise CafUnknownAuthority(caf.key_id)
    signed = _FLAT_CAF.fullmatch(caf.element)
    assert signed is not None, "another element was never accepted"
    key = public_key(authority.modulus, authority.exponent)
    if not rsa_fits_sha1(key, caf.signature, signed[1].encode("iso-8859-1")):
        raise CafSignatureWrong


def read_caf_element(element: str) -> PublicCaf:
    """Read a `<CAF>` element from its text. Raises BadCaf."""
    flat = flatten(element)
    try:
        root = parse_text(flat)
    except XmlRefused as error:
        _refuse("unreadable", "El archivo de folios está dañado.", error)
    granted, parts = child(root, "DA"), _FLAT_CAF.fullmatch(flat)
    if granted is None or parts is None:
        _refuse("not_a_caf", "El archivo no contiene una autorización de folios (CAF).")
    first, last = _read_range(granted)
    try:
        flat.encode("iso-8859-1")
        return PublicCaf(
            kind=_read_kind(granted),
            issuer=Rut.parse(child_text(granted, "RE")),
            issuer_name=child_text(granted, "RS"),
            first=first,
            last=last,
            authorized_on=date.fromisoformat(child_text(granted, "FA")),
            key_id=read_integer(child_text(granted, "IDK")),
            element=flat,
            signature=read_base64(parts[2]),
            public_key=_read_public_key(granted),
        )
    except (ValueError, InvalidRut) as error:
        _refuse("bad_field", "El archivo de folios trae un dato que no se entiende.", error)


def _read_caf_file(xml: bytes) -> tuple[etree._Element, str]:
    """Return the root and the verbatim text of its only `<CAF>`.

    The text is taken as it stands because the tax office signed its bytes, not its meaning.
    """
    if len(xml) > MAX_BYTES:
        _refuse("unreadable", "El archivo es demasiado grande para ser de folios.")
    try:
        text = decode_xml(xml)
        root = parse_text(text)
    except XmlRefused as error:
        two_roots = error.code == "extra_content"
        problem = "trae más de una autorización" if two_roots else "está dañado o incompleto"
        _refuse(
            "two_roots" if two_roots else "unreadable", f"El archivo de folios {problem}.", error
        )
    found = _CAF_TEXT.findall(text)
    inside = {"CAF": [root], "AUTORIZACION": children(root, "CAF")}.get(local_name(root), [])
    # Comments and the like could hide a second text from one of the two readings.
    if len(found) != 1 or len(inside) != 1 or "<!" in text or "<?" in text:
        _refuse("not_a_caf", "El archivo no contiene una autorización de folios (CAF).")
    return root, found[0]


def _join(element: str, pem: bytes, *, trust: bool) -> Caf:
    public = read_caf_element(element)
    try:
        key = load_private_key(pem, trust=trust)
    except ValueError as error:
        _refuse("bad_private_key", "La clave privada del archivo de folios está dañada.", error)
    if key.public_key().public_numbers() != public.public_key.public_numbers():
        raise CafKeyMismatch
    return Caf(
        kind=public.kind,
        issuer=public.issuer,
        issuer_name=public.issuer_name,
        first=public.first,
        last=public.last,
        authorized_on=public.authorized_on,
        key_id=public.key_id,
        element=public.element,
        signature=public.signature,
        public_key=public.public_key,
        private_key_pem=pem,
        private_key=key,
    )


def _read_kind(granted: etree._Element) -> DocumentType:
    text = child_text(granted, "TD")
    known = {str(int(kind)): kind for kind in DocumentType}
    if text not in known:
        _refuse("unsupported_kind", f"Los folios son de un tipo que no se usa aquí ({text[:5]}).")
    return known[text]


def _read_range(granted: etree._Element) -> tuple[int, int]:
    bounds = child(granted, "RNG")
    texts = () if bounds is None else (child_text(bounds, "D"), child_text(bounds, "H"))
    if len(texts) != 2 or not all(_FOLIO.fullmatch(text) for text in texts):  # noqa: PLR2004
        _refuse("bad_range", "El rango de folios del archivo no se entiende.")
    first, last = int(texts[0]), int(texts[1])
    if not 1 <= first <= last <= MAX_FOLIO:
        _refuse("bad_range", "El rango de folios del archivo está al revés.")
    return first, last


def _read_public_key(granted: etree._Element) -> RSAPublicKey:
    key = child(granted, "RSAPK")
    if key is None:
        raise ValueError("no RSA key")
    modulus, exponent = read_base64(child_text(key, "M")), read_base64(child_text(key, "E"))
    return public_key(int.from_bytes(modulus), int.from_bytes(exponent))


def _refuse(code: str, problem: str, cause: Exception | None = None) -> NoReturn:
    raise BadCaf(code, f"{problem} {_DOWNLOAD_AGAIN}") from cause
