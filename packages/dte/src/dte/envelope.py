"""Envelopes for the SII: signed documents in, one signed file out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from lxml import etree

from dte.certificate import Certificate
from dte.clock import chile_time
from dte.codes import DocumentType
from dte.errors import DteError
from dte.rut import Rut
from dte.signer import XSI_IN_SCOPE, sign_canonical
from dte.xml.canonical import SII_NAMESPACE, canonical
from dte.xml.parse import child, children, parse_text
from dte.xml.write import DECLARATION, ENCODING

SII_RUT = Rut(60_803_000, "K")
# Source: EnvioBOLETA_v11.xsd, SetDTE/DTE maxOccurs.
BOLETA_LIMIT = 500

_TYPE = re.compile(rb"<TipoDTE>([0-9]{1,3})</TipoDTE>")


class EnvelopeRefused(DteError):
    """These documents cannot travel in one envelope, or not signed by this certificate.

    Codes: empty, too_many, not_a_document, not_boletas, not_signed, repeated, other_issuer,
    sender_is_not_signer.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The cover (Caratula); `sender` must be the RUT of the certificate.

    Resolution: in certification number 0 and the date that the SII shows for the company.
    """

    issuer: Rut
    sender: Rut
    resolution_date: date
    resolution_number: int
    receiver: Rut = SII_RUT


def pack_boletas(
    signed: Sequence[bytes],
    cover: Cover,
    certificate: Certificate,
    at: datetime,
    set_id: str = "SetDoc",
) -> bytes:
    """Return a signed `<EnvioBOLETA>` (ISO-8859-1, with XML declaration): send these very bytes.

    The documents' text goes in unchanged, never through an XML tree: that would alter the
    declarations their signatures cover. `at` (aware) becomes TmstFirmaEnv. Raises
    EnvelopeRefused, CertificateExpired and CertificateNotYetValid.
    Source: EnvioBOLETA_v11.xsd: 1 to 500 documents, types 39 and 41.
    """
    if cover.sender != certificate.rut:
        _refuse("sender_is_not_signer", "El RUT que envía no es el del certificado.")
    certificate.check(at)
    if not signed:
        _refuse("empty", "No hay boletas que enviar.")
    if len(signed) > BOLETA_LIMIT:
        _refuse("too_many", f"Un envío lleva hasta {BOLETA_LIMIT} boletas.")
    types = Counter(_type_of(document) for document in signed)
    start = (
        f'<EnvioBOLETA xmlns="{SII_NAMESPACE}"{XSI_IN_SCOPE}'
        f' xsi:schemaLocation="{SII_NAMESPACE} EnvioBOLETA_v11.xsd" version="1.0">\n'
        f'<SetDTE ID="{set_id}">\n{_cover_text(cover, types, at)}'
    )
    body = "\n".join(document.decode(ENCODING).strip() for document in signed)
    text = f"{start}{body}\n</SetDTE>\n"
    root = parse_text(f"{text}</EnvioBOLETA>")
    documents = child(root, "SetDTE")
    assert documents is not None, "we have just written it"
    _check_documents(documents, len(signed), cover.issuer)
    signature = sign_canonical(
        canonical(documents), certificate, uri=f"#{set_id}", in_scope=XSI_IN_SCOPE
    )
    return f"{DECLARATION}{text}{signature}</EnvioBOLETA>".encode(ENCODING)


def _cover_text(cover: Cover, types: Counter[DocumentType], at: datetime) -> str:
    subtotals = "".join(
        f"<SubTotDTE>\n<TpoDTE>{kind:d}</TpoDTE>\n<NroDTE>{types[kind]}</NroDTE>\n</SubTotDTE>\n"
        for kind in sorted(types)
    )
    return (
        f'<Caratula version="1.0">\n<RutEmisor>{cover.issuer}</RutEmisor>\n'
        f"<RutEnvia>{cover.sender}</RutEnvia>\n<RutReceptor>{cover.receiver}</RutReceptor>\n"
        f"<FchResol>{cover.resolution_date.isoformat()}</FchResol>\n"
        f"<NroResol>{cover.resolution_number}</NroResol>\n"
        f"<TmstFirmaEnv>{chile_time(at).isoformat()}</TmstFirmaEnv>\n{subtotals}</Caratula>\n"
    )


def _type_of(document: bytes) -> DocumentType:
    found = _TYPE.search(document)
    known = {b"39": DocumentType.BOLETA, b"41": DocumentType.BOLETA_EXENTA}
    if found is None or found[1] not in known:
        _refuse("not_boletas", "En este envío solo van boletas (39 y 41).")
    return known[found[1]]


def _check_documents(documents: etree._Element, expected: int, issuer: Rut) -> None:
    packed = children(documents, "DTE")
    if len(packed) != expected or len(documents) != expected + 1:
        _refuse("not_a_document", "Uno de los archivos no es un documento firmado.")
    seen = set()
    for document in packed:
        content = child(document, "Documento")
        if content is None or child(document, "Signature") is None:
            _refuse("not_signed", "Una de las boletas no está firmada.")
        if content.findtext("{*}Encabezado/{*}Emisor/{*}RUTEmisor") != str(issuer):
            _refuse("other_issuer", "Una de las boletas es de otra empresa.")
        seen.add(content.get("ID"))
    if len(seen) != expected:
        _refuse("repeated", "Una boleta viene repetida en el envío.")


def _refuse(code: str, problem: str) -> NoReturn:
    raise EnvelopeRefused(code, f"{problem} Revisa el envío antes de firmarlo.")
