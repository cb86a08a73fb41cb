"""Envelopes for the SII and for customers: signed documents in, one signed file out."""

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
from dte.sealing import UnsignedFile, open_file, seal_file
from dte.xml.canonical import SII_NAMESPACE
from dte.xml.parse import child, children
from dte.xml.write import ENCODING

SII_RUT = Rut(60_803_000, "K")
# Source: EnvioBOLETA_v11.xsd, SetDTE/DTE maxOccurs.
BOLETA_LIMIT = 500
# Source: EnvioDTE_v10.xsd, SetDTE/DTE maxOccurs.
DOCUMENT_LIMIT = 2000

_TYPE = re.compile(rb"<TipoDTE>([0-9]{1,3})</TipoDTE>")
_BOLETAS = frozenset(kind for kind in DocumentType if kind.is_boleta)
_SII = f"{{{SII_NAMESPACE}}}"
_TYPE_PATH = f"{_SII}Encabezado/{_SII}IdDoc/{_SII}TipoDTE"
_FOLIO_PATH = f"{_SII}Encabezado/{_SII}IdDoc/{_SII}Folio"
_ISSUER_PATH = f"{_SII}Encabezado/{_SII}Emisor/{_SII}RUTEmisor"
_RECEIVER_PATH = f"{_SII}Encabezado/{_SII}Receptor/{_SII}RUTRecep"


class EnvelopeRefused(DteError):
    """These documents cannot travel in one envelope, or not signed by this certificate.

    Codes: empty, too_many, not_a_document, not_boletas, boletas, not_signed, repeated,
    other_issuer, other_receiver, sender_is_not_signer.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The cover (Caratula); `sender` must be the RUT of the certificate.

    Resolution: in certification number 0 and the date that the SII shows for the company.
    `receiver` is the SII, or the one customer that the documents of the envelope are for.
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
    *,
    check: bool = False,
) -> bytes:
    """Return a signed `<EnvioBOLETA>` (ISO-8859-1, with XML declaration): send these very bytes.

    The documents' text goes in unchanged, never through an XML tree: that would alter the
    declarations their signatures cover. `at` (aware) becomes TmstFirmaEnv. `check` asks the
    official schema in the same pass. Raises EnvelopeRefused, CertificateExpired and
    CertificateNotYetValid; with `check` also SchemaRefused and SchemasMissing.
    Source: EnvioBOLETA_v11.xsd: 1 to 500 documents, types 39 and 41.
    """
    _check_sender(cover, certificate, at)
    types = _types_of(signed, BOLETA_LIMIT)
    if not _BOLETAS.issuperset(types):
        _refuse("not_boletas", "En este envío solo van boletas (39 y 41).")
    unsigned = _open_envelope("EnvioBOLETA", signed, types, cover, at=at, set_id=set_id)
    return seal_file(unsigned, certificate, check=check)


def pack_documents(
    signed: Sequence[bytes],
    cover: Cover,
    certificate: Certificate,
    at: datetime,
    set_id: str = "SetDoc",
    *,
    check: bool = False,
) -> bytes:
    """Return a signed `<EnvioDTE>`, to the SII or to one customer: as `pack_boletas`.

    The same signed documents go to both, each time under another cover; those for a customer
    must all be made out to `cover.receiver` (code other_receiver).
    Source: EnvioDTE_v10.xsd: 1 to 2,000 documents, no boletas.
    """
    _check_sender(cover, certificate, at)
    types = _types_of(signed, DOCUMENT_LIMIT)
    if not _BOLETAS.isdisjoint(types):
        _refuse("boletas", "Las boletas van en su propio envío (EnvioBOLETA).")
    unsigned = _open_envelope("EnvioDTE", signed, types, cover, at=at, set_id=set_id)
    if cover.receiver != SII_RUT:
        _check_receiver(unsigned.content, cover.receiver)
    return seal_file(unsigned, certificate, check=check)


def _check_sender(cover: Cover, certificate: Certificate, at: datetime) -> None:
    if cover.sender != certificate.rut:
        _refuse("sender_is_not_signer", "El RUT que envía no es el del certificado.")
    certificate.check(at)


def _types_of(signed: Sequence[bytes], limit: int) -> list[DocumentType]:
    if not signed:
        _refuse("empty", "No hay documentos que enviar.")
    if len(signed) > limit:
        _refuse("too_many", f"Un envío lleva hasta {limit} documentos de estos.")
    return [_type_of(document) for document in signed]


def _open_envelope(
    name: str,
    signed: Sequence[bytes],
    types: Sequence[DocumentType],
    cover: Cover,
    *,
    at: datetime,
    set_id: str,
) -> UnsignedFile:
    body = "\n".join(document.decode(ENCODING).strip() for document in signed)
    head = _cover_text(cover, Counter(types), at)
    unsigned = open_file(name, f'<SetDTE ID="{set_id}">\n{head}{body}\n</SetDTE>')
    _check_documents(unsigned.content, types, cover.issuer)
    return unsigned


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
    try:
        return DocumentType(int(found[1])) if found else _refuse_document()
    except ValueError:
        _refuse_document()


def _check_documents(
    documents: etree._Element, expected: Sequence[DocumentType], issuer: Rut
) -> None:
    packed = children(documents, "DTE")
    if len(packed) != len(expected) or len(documents) != len(expected) + 1:
        _refuse_document()
    ids = {documents.get("ID")}
    folios = set()
    for document, kind in zip(packed, expected, strict=True):
        content = child(document, "Documento")
        if content is None or child(document, "Signature") is None:
            _refuse("not_signed", "Uno de los documentos no está firmado.")
        if content.findtext(_TYPE_PATH) != str(int(kind)):
            _refuse_document()
        if content.findtext(_ISSUER_PATH) != str(issuer):
            _refuse("other_issuer", "Uno de los documentos es de otra empresa.")
        ids.add(content.get("ID"))
        folios.add((kind, content.findtext(_FOLIO_PATH)))
    if len(ids) != len(expected) + 1 or len(folios) != len(expected):
        _refuse("repeated", "Un documento viene repetido en el envío.")


def _check_receiver(documents: etree._Element, receiver: Rut) -> None:
    for document in children(documents, "DTE"):
        if document.findtext(f"{_SII}Documento/{_RECEIVER_PATH}") != str(receiver):
            _refuse("other_receiver", "Uno de los documentos es para otro cliente.")


def _refuse_document() -> NoReturn:
    _refuse("not_a_document", "Uno de los archivos no es un documento firmado.")


def _refuse(code: str, problem: str) -> NoReturn:
    raise EnvelopeRefused(code, f"{problem} Revisa el envío antes de firmarlo.")
