"""The wording and the marks that the law fixes for paper, and which document carries them."""

from dataclasses import dataclass

from dte.codes import DocumentType, TransferReason
from dte.errors import DteError
from dte.xml.read import ReadDocument

STAMP_CAPTION = "Timbre Electrónico SII"
# Source: Ley 19.983, art. 4 letter b and art. 5 letter c. The Recibo of the XML has another text,
# fixed by its schema: they are two constants on purpose.
ACUSE_SENTENCE = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b) "
    "del Art. 4°, y la letra c) del Art. 5° de la Ley 19.983, acredita que la entrega de "
    "mercaderías o servicio(s) prestado(s) ha(n) sido recibido(s)."
)
ACUSE_FIELDS = ("Nombre", "R.U.T.", "Fecha", "Recinto", "Firma")
# Source: Manual de muestras impresas v3.0: at most two lines in the box.
ONE_LINE_TITLE = 24
CEDIBLE_FACTURAS = frozenset(
    {
        DocumentType.FACTURA,
        DocumentType.FACTURA_EXENTA,
        DocumentType.LIQUIDACION,
        DocumentType.FACTURA_COMPRA,
    }
)


class PaperRefused(DteError):
    """A document cannot become the paper asked for.

    Codes: `not_cedible`, `does_not_add_up`, `paper_too_narrow`, `is_a_boleta`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Acuse:
    """The receiver's box of a cedible copy: what to fill in, and the sentence of the law."""

    fields: tuple[str, ...] = ACUSE_FIELDS
    sentence: str = ACUSE_SENTENCE


def title_lines(kind: DocumentType) -> tuple[str, ...]:
    """Return the name of a type in capitals, broken into the box's one or two lines.

    Source: Manual de muestras impresas v3.0, recuadro.
    """
    title = kind.title.upper()
    if len(title) <= ONE_LINE_TITLE:
        return (title,)
    head, _, last = title.rpartition(" ")
    return (head, last)


def is_guia_of_sale(document: ReadDocument) -> bool:
    """Say whether a guía moves goods that are sold with it.

    Source: Formato DTE v2.4.2 (2024-02), IndTraslado 1.
    """
    return (
        document.kind is DocumentType.GUIA and document.draft.transfer_reason is TransferReason.SALE
    )


def cedible_mark(document: ReadDocument) -> str:
    """Return the mark of a document's cedible copy, or "" where the law knows none.

    Source: Manual de muestras impresas v3.0, ejemplar cedible: 33, 34, 43, 46 and guías of sale.
    """
    if document.kind in CEDIBLE_FACTURAS:
        return "CEDIBLE"
    return "CEDIBLE CON SU FACTURA" if is_guia_of_sale(document) else ""


def wanted_mark(document: ReadDocument, *, cedible: bool) -> str:
    """Return the mark of the copy asked for. Raises PaperRefused (`not_cedible`).

    Source: Manual de muestras impresas v3.0, ejemplar cedible.
    """
    mark = cedible_mark(document)
    if cedible and not mark:
        raise PaperRefused(
            "not_cedible",
            f"{document.kind.title} N° {document.folio} no tiene copia cedible. "
            "Imprime el ejemplar tributario.",
        )
    return mark if cedible else ""


def resolution_caption(*, number: int, year: int, is_boleta_roll: bool = False) -> str:
    """Write the line below the stamp's caption.

    Source: Manual de muestras impresas v3.0 (pages and roll facturas); Res. Ex. SII 74 of 2020,
    letter G (boletas on a roll).
    """
    if is_boleta_roll:
        return f"Res. {number} de {year} · Verifique en www.sii.cl"
    return f"Res. {number} de {year} - Verifique documento: www.sii.cl"
