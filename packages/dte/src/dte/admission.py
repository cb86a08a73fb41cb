"""Find the documents that would spoil an envelope, before they enter one."""

from collections.abc import Sequence
from dataclasses import dataclass

from dte.codes import DocumentType
from dte.errors import DteError
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.verdict import verify_document


class DocumentUnfit(DteError):
    """A document is well made, but must not travel in this envelope.

    Codes: other_key, other_issuer, stamp_differs, repeated.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitDocument:
    """A document left out: its place in what was given (from 0) and the reason, in Spanish."""

    place: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The documents that may travel, in the order given, and those that may not."""

    good: tuple[bytes, ...]
    refused: tuple[UnfitDocument, ...]


def sort_out(signed: Sequence[bytes], *, issuer: Rut) -> Admission:
    """Check each signed `<DTE>` by itself: schema, signature, stamp, issuer, not repeated.

    The SII refuses a whole envelope for one document, so call it before packing. The signature
    is verified with the key of the certificate in it, whoever's it is; the stamp with its CAF,
    which any authority may have signed.
    Raises SchemasMissing; whatever else is wrong is in the answer.
    Source: Manual de envío de DTE, rejections RSC and RFR, which concern the whole envelope.
    """
    good: list[bytes] = []
    refused: list[UnfitDocument] = []
    seen: set[tuple[DocumentType, int]] = set()
    for place, xml in enumerate(signed):
        try:
            key = _check(xml, issuer, seen)
        except SchemasMissing:
            raise
        except DteError as error:
            refused.append(UnfitDocument(place=place, code=error.code, message=error.message))
        else:
            seen.add(key)
            good.append(xml)
    return Admission(good=tuple(good), refused=tuple(refused))


def _check(
    xml: bytes, issuer: Rut, seen: set[tuple[DocumentType, int]]
) -> tuple[DocumentType, int]:
    verdict = verify_document(xml)
    for refusal in (
        verdict.schema_refusal,
        verdict.signature_refusal,
        verdict.content_refusal,
        verdict.stamp_refusal,
    ):
        if refusal is not None:
            raise refusal
    assert verdict.document is not None, "what is not refused has been read"
    assert verdict.signature is not None, "what is not refused has been verified"
    document = verdict.document
    if not verdict.signature.certificate_fits:
        raise DocumentUnfit(
            "other_key", "El certificado de la firma es de otra clave. Firma el documento otra vez."
        )
    if document.issuer.rut != issuer:
        raise DocumentUnfit(
            "other_issuer", "El documento es de otra empresa. Sácalo de este envío."
        )
    if verdict.stamp_differences:
        names = ", ".join(verdict.stamp_differences)
        raise DocumentUnfit(
            "stamp_differs",
            f"El timbre dice otra cosa que el documento ({names}). Emítelo otra vez con otro"
            " folio.",
        )
    key = (document.kind, document.folio)
    if key in seen:
        raise DocumentUnfit(
            "repeated", f"El folio {document.folio} viene repetido. Envíalo una sola vez."
        )
    return key
