"""What a document says, before and after it has a folio. Pesos are ints; texts are Unicode."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from dte.amounts import to_pesos
from dte.codes import DocumentType, PaymentMeans, ServiceKind
from dte.rut import Rut


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The company that issues. `branch_code` is the SII's number of the branch (CdgSIISucur)."""

    rut: Rut
    name: str
    giro: str
    address: str = ""
    commune: str = ""
    city: str = ""
    branch_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The buyer; see CONSUMER for the one nobody asks the name of."""

    rut: Rut
    name: str = ""
    giro: str = ""
    email: str = ""
    address: str = ""
    commune: str = ""
    city: str = ""


# Source: Formato Boletas Electrónicas v4.2 (2025-09-08), RUTRecep: unknown buyer, IndServicio 3.
CONSUMER = Receiver(rut=Rut(66_666_666, "6"), name="CONSUMIDOR FINAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCode:
    """A code of a product: `kind` such as "INT1" or "EAN13", up to 10 characters."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of detail. In a boleta `unit_price` is gross (VAT included).

    The amount is round(unit_price x quantity) - discount + surcharge, half up, unless
    `fixed_amount_clp` states it: then the line is written with its amount alone (a boleta for
    the part of a sale that no card voucher covers), or it was read from a file.
    """

    name: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    discount_clp: int = 0
    surcharge_clp: int = 0
    exempt: bool = False
    codes: tuple[ItemCode, ...] = ()
    description: str = ""
    fixed_amount_clp: int | None = None

    @property
    def amount_clp(self) -> int:
        """MontoItem. Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MontoItem."""
        if self.fixed_amount_clp is not None:
            return self.fixed_amount_clp
        assert self.quantity is not None, "a line has a quantity and price, or a fixed amount"
        assert self.unit_price is not None, "a line has a quantity and price, or a fixed amount"
        gross = to_pesos(self.unit_price * self.quantity)
        return gross - self.discount_clp + self.surcharge_clp


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pointer to another paper.

    `kind` is TpoDocRef ("39", "801", "SET"); `issue_date` is required outside boletas; `code` is
    CodRef: 1 to 3 in notas, free text in boletas; `reason` is RazonRef.
    """

    kind: str = ""
    folio: str = ""
    issue_date: date | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document without folio or stamp."""

    kind: DocumentType
    issuer: Issuer
    receiver: Receiver
    lines: tuple[Line, ...]
    issue_date: date
    references: tuple[Reference, ...] = ()
    payment_means: PaymentMeans | None = None
    service: ServiceKind = ServiceKind.SALES_AND_SERVICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Totals in pesos; net + exempt + vat = total."""

    net_clp: int
    exempt_clp: int
    vat_clp: int
    total_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A stamped document, not yet signed.

    `ted` is the flat stamp (ISO-8859-1), the bytes of the PDF417 and of the XML. `xml` is the
    `<DTE>` element (ISO-8859-1, no XML declaration, one tag per line), ready to be signed.
    `document_id` is the XML ID, `stamped_at` the instant given to `build`.
    """

    kind: DocumentType
    folio: int
    issue_date: date
    issuer: Rut
    receiver: Rut
    totals: Totals
    document_id: str
    ted: bytes = field(repr=False)
    xml: bytes = field(repr=False)
    stamped_at: datetime
