"""Read documents that others wrote, without trusting them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NoReturn

from lxml import etree

from dte.clock import read_local
from dte.codes import DocumentType, PaymentMeans, TradeMeans
from dte.document import Draft, Issuer, Line, Receiver, Reference, Totals
from dte.errors import StampWrong, XmlRefused
from dte.ted import ted_from_element
from dte.xml.group import Group, read_amount
from dte.xml.parse import local_name, parse_xml
from dte.xml.read_draft import read_draft, read_totals

ENVELOPES = frozenset({"EnvioDTE", "EnvioBOLETA"})
_PAPERS = ENVELOPES | {"DTE"}
# Source: EnvioDTE_v10.xsd, SetDTE/DTE maxOccurs.
MAX_DOCUMENTS = 2000
# Source: DTE_v10.xsd, DTE: one of the three; exports are written in foreign currency.
CONTENTS = ("Documento", "Liquidacion", "Exportaciones")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document as its XML says it: the draft it was built from, and what `build` added.

    A line carries `fixed_amount_clp` only where its MontoItem is not what price, quantity,
    discount and surcharge give. What a foreign document says in codes that nobody knows counts as
    not said. `ted` is the flat stamp in ISO-8859-1 (what the PDF417 holds); `stamped_at` is
    Chilean local time, naive, as written. `document_id` is the XML ID.
    """

    draft: Draft
    folio: int
    totals: Totals
    document_id: str
    ted: bytes = field(repr=False)
    stamped_at: datetime

    @property
    def kind(self) -> DocumentType:
        """Its type."""
        return self.draft.kind

    @property
    def issue_date(self) -> date:
        """The day it bears (FchEmis)."""
        return self.draft.issue_date

    @property
    def issuer(self) -> Issuer:
        """Who issued it."""
        return self.draft.issuer

    @property
    def receiver(self) -> Receiver:
        """Who receives it."""
        return self.draft.receiver

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its detail."""
        return self.draft.lines

    @property
    def payment_means(self) -> PaymentMeans | TradeMeans | None:
        """How it was paid, when it says so."""
        return self.draft.payment_means

    @property
    def references(self) -> tuple[Reference, ...]:
        """The papers it points to."""
        return self.draft.references


def read_document(xml: bytes) -> ReadDocument:
    """Read a file with exactly one document; no declared encoding means ISO-8859-1.

    Raises XmlRefused and StampWrong (no stamp).
    Source: DTE_v10.xsd (33, 34, 43, 46, 52, 56, 61); EnvioBOLETA_v11.xsd (39, 41).
    """
    return read_element(find_document(parse_xml(xml)))


def find_document(root: etree._Element) -> etree._Element:
    """Return the only `<DTE>` of a file. Raises XmlRefused when there is not exactly one."""
    found = find_documents(root)
    if len(found) != 1:
        raise XmlRefused(
            "not_a_document",
            f"El archivo trae {len(found)} documentos y se esperaba uno. Revisa el archivo.",
        )
    return found[0]


def find_documents(root: etree._Element) -> list[etree._Element]:
    """Return the `<DTE>` elements of a file, in order: alone, in an envelope, or wrapped.

    In an envelope only those that its signature covers count. Raises XmlRefused for more than
    MAX_DOCUMENTS, and when an envelope holds several sets, of which that signature would cover
    one.
    """
    return _limited([dte for outermost in _outermost(root) for dte in _documents_of(outermost)])


def find_envelopes(root: etree._Element) -> list[etree._Element]:
    """Return the envelopes of a file, in order: alone or wrapped, never one inside another.

    Raises XmlRefused for more than MAX_DOCUMENTS.
    """
    return _limited([found for found in _outermost(root) if local_name(found) in ENVELOPES])


def _outermost(root: etree._Element) -> Iterator[etree._Element]:
    if local_name(root) in _PAPERS:
        yield root
        return
    # Mail systems of receivers put documents and envelopes into containers of their own.
    for node in root:
        yield from _outermost(node)


def _documents_of(paper: etree._Element) -> list[etree._Element]:
    if local_name(paper) not in ENVELOPES:
        return [paper]
    sets = paper.findall("{*}SetDTE")
    if len(sets) > 1:
        raise XmlRefused(
            "repeated", "El envío trae más de un conjunto de documentos. Pídelo otra vez."
        )
    return sets[0].findall("{*}DTE") if sets else []


def _limited(found: list[etree._Element]) -> list[etree._Element]:
    if len(found) > MAX_DOCUMENTS:
        raise XmlRefused(
            "too_many", f"El archivo trae más de {MAX_DOCUMENTS} documentos. Divídelo en varios."
        )
    return found


def read_element(dte: etree._Element) -> ReadDocument:
    """Read one `<DTE>` element. Raises XmlRefused and StampWrong (no stamp).

    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, DTE.
    """
    content = find_content(dte)
    if local_name(content) == "Exportaciones":
        _refuse("unsupported_kind", "Los documentos de exportación no se leen aquí.")
    document = Group(content)
    head = document.required_group("Encabezado")
    identity = head.required_group("IdDoc")
    kind = identity.value("TipoDTE", _kind)
    stamp = document.element("TED")
    if stamp is None:
        raise StampWrong(
            "not_a_stamp",
            "El documento no trae un timbre electrónico (TED). No lo uses; pídelo otra vez a quien"
            " lo emitió.",
        )
    totals = read_totals(head.required_group("Totales"))
    return ReadDocument(
        draft=read_draft(document, head, identity, kind=kind, totals=totals),
        folio=identity.value("Folio", read_amount),
        totals=totals,
        document_id=content.get("ID") or "",
        ted=ted_from_element(stamp),
        stamped_at=document.value("TmstFirma", read_local),
    )


def find_content(dte: etree._Element) -> etree._Element:
    """Return what a `<DTE>` holds, the only one: its Documento, Liquidacion or Exportaciones.

    Raises XmlRefused: with two, one might be signed and the other read.
    """
    found = [node for node in dte if local_name(node) in CONTENTS]
    if len(found) != 1:
        _refuse("bad_field", f"El DTE trae {len(found)} documentos adentro y debe traer uno.")
    return found[0]


def _kind(text: str) -> DocumentType:
    return DocumentType(read_amount(text))


def _refuse(code: str, problem: str) -> NoReturn:
    raise XmlRefused(code, f"{problem} Pídelo otra vez a quien lo emitió.")
