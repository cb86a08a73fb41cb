"""Read documents that others wrote, without trusting them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from lxml import etree

from dte.amounts import read_integer, read_number
from dte.clock import read_local
from dte.codes import DocumentType, Exemption, PaymentMeans, TradeMeans
from dte.document import Draft, Issuer, ItemCode, Line, Receiver, Reference, Totals
from dte.errors import DteError, XmlRefused
from dte.rut import Rut
from dte.ted import ted_from_element
from dte.xml.parse import child_text, local_name, parse_xml

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document as its XML says it: the draft it was built from, and what `build` added.

    A line carries `fixed_amount_clp` only where its MontoItem is not what price, quantity,
    discount and surcharge give. `ted` is the flat stamp in ISO-8859-1 (what the PDF417 holds);
    `stamped_at` is Chilean local time, naive, as written. `document_id` is the XML ID.
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
    """
    found = find_documents(parse_xml(xml))
    if len(found) != 1:
        raise XmlRefused(
            "not_a_document",
            f"El archivo trae {len(found)} documentos y se esperaba uno. Revisa el archivo.",
        )
    return read_element(found[0])


def find_documents(root: etree._Element) -> list[etree._Element]:
    """Return the `<DTE>` elements of a document or envelope, in order."""
    return [root] if local_name(root) == "DTE" else list(root.iterfind("{*}SetDTE/{*}DTE"))


def read_element(dte: etree._Element) -> ReadDocument:
    """Read one `<DTE>` element. Raises XmlRefused and StampWrong (no stamp)."""
    document = _find(dte, "Documento")
    head = _find(document, "Encabezado")
    identity = _find(head, "IdDoc")
    kind = _value(identity, "TipoDTE", lambda text: DocumentType(read_integer(text)))
    draft = Draft(
        kind=kind,
        issue_date=_value(identity, "FchEmis", date.fromisoformat),
        issuer=_read_issuer(_find(head, "Emisor")),
        receiver=_read_receiver(_find(head, "Receptor")),
        lines=tuple(_read_line(node, kind) for node in document.iterfind("{*}Detalle")),
        references=tuple(_read_reference(node) for node in document.iterfind("{*}Referencia")),
        payment_means=_optional(identity, "MedioPago", _means) if kind.is_boleta else None,
    )
    return ReadDocument(
        draft=draft,
        folio=_value(identity, "Folio", read_integer),
        totals=_read_totals(_find(head, "Totales")),
        document_id=document.get("ID") or "",
        ted=ted_from_element(document),
        stamped_at=_value(document, "TmstFirma", read_local),
    )


def _means(text: str) -> PaymentMeans:
    return PaymentMeans(read_integer(text))


def _read_issuer(node: etree._Element) -> Issuer:
    return Issuer(
        rut=_value(node, "RUTEmisor", Rut.parse),
        name=child_text(node, "RznSocEmisor") or child_text(node, "RznSoc"),
        giro=child_text(node, "GiroEmisor") or child_text(node, "GiroEmis"),
        address=child_text(node, "DirOrigen"),
        commune=child_text(node, "CmnaOrigen"),
        city=child_text(node, "CiudadOrigen"),
        branch_code=_optional(node, "CdgSIISucur", read_integer),
    )


def _read_receiver(node: etree._Element) -> Receiver:
    return Receiver(
        rut=_value(node, "RUTRecep", Rut.parse),
        name=child_text(node, "RznSocRecep"),
        giro=child_text(node, "GiroRecep"),
        email=child_text(node, "CorreoRecep"),
        address=child_text(node, "DirRecep"),
        commune=child_text(node, "CmnaRecep"),
        city=child_text(node, "CiudadRecep"),
    )


def _read_totals(node: etree._Element) -> Totals:
    return Totals(
        net_clp=_optional(node, "MntNeto", read_integer) or 0,
        exempt_clp=_optional(node, "MntExe", read_integer) or 0,
        vat_clp=_optional(node, "IVA", read_integer) or 0,
        total_clp=_value(node, "MntTotal", read_integer),
    )


def _read_line(node: etree._Element, kind: DocumentType) -> Line:
    line = Line(
        name=child_text(node, "NmbItem"),
        description=child_text(node, "DscItem"),
        quantity=_optional(node, "QtyItem", read_number),
        unit=child_text(node, "UnmdItem"),
        unit_price=_optional(node, "PrcItem", read_number),
        discount_clp=_optional(node, "DescuentoMonto", read_integer) or 0,
        surcharge_clp=_optional(node, "RecargoMonto", read_integer) or 0,
        exemption=Exemption.EXEMPT
        if child_text(node, "IndExe") == "1" or kind.is_wholly_exempt
        else None,
        codes=tuple(
            ItemCode(kind=child_text(code, "TpoCodigo"), value=child_text(code, "VlrCodigo"))
            for code in node.iterfind("{*}CdgItem")
        ),
    )
    stated = _value(node, "MontoItem", read_integer)
    follows = line.quantity is not None and line.unit_price is not None
    return line if follows and line.amount_clp == stated else replace(line, fixed_amount_clp=stated)


def _read_reference(node: etree._Element) -> Reference:
    return Reference(
        kind=child_text(node, "TpoDocRef"),
        folio=child_text(node, "FolioRef"),
        issue_date=_optional(node, "FchRef", date.fromisoformat),
        code=child_text(node, "CodRef"),
        reason=child_text(node, "RazonRef"),
    )


def _find(parent: etree._Element, name: str) -> etree._Element:
    found = parent.find(f"{{*}}{name}")
    if found is None:
        raise XmlRefused("bad_field", f"Al documento le falta {name}. Pídelo otra vez.")
    return found


def _optional(parent: etree._Element, name: str, read: Callable[[str], _Value]) -> _Value | None:
    return _value(parent, name, read) if child_text(parent, name) else None


def _value(parent: etree._Element, name: str, read: Callable[[str], _Value]) -> _Value:
    text = child_text(parent, name)
    try:
        return read(text)
    except (ValueError, DteError) as error:
        raise XmlRefused(
            "bad_field", f"El dato {name} del documento no se entiende. Pídelo otra vez."
        ) from error
