"""What a document says, before and after it has a folio. Pesos are ints; texts are Unicode.

The same values are built from and read back to: `read(build(draft)) == prepare(draft)`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from dte.amounts import to_pesos
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.rut import Rut


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The company that issues.

    `branch_code` is the SII's number of the branch (CdgSIISucur). `activities` are its economic
    activities of six digits (Acteco), one to four, required outside boletas. A boleta carries
    neither activities, phones, email, `branch_name` nor `seller_code`.
    """

    rut: Rut
    name: str
    giro: str
    address: str = ""
    commune: str = ""
    city: str = ""
    branch_code: int | None = None
    branch_name: str = ""
    activities: tuple[int, ...] = ()
    phones: tuple[str, ...] = ()
    email: str = ""
    seller_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The buyer; see CONSUMER for the one nobody asks the name of.

    `giro` is for the documents between companies, `phone` for boletas; the postal address is
    where papers go when it is another than `address`.
    """

    rut: Rut
    name: str = ""
    giro: str = ""
    internal_code: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    commune: str = ""
    city: str = ""
    postal_address: str = ""
    postal_commune: str = ""
    postal_city: str = ""


# Source: Formato Boletas Electrónicas v4.2 (2025-09-08), RUTRecep: unknown buyer, IndServicio 3.
CONSUMER = Receiver(rut=Rut(66_666_666, "6"), name="CONSUMIDOR FINAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCode:
    """A code of a product: `kind` such as "INT1" or "EAN13", up to 10 characters."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of detail; its prices are on the document's `price_basis`.

    The amount is round(unit_price x quantity) - discount + surcharge, half up, unless
    `fixed_amount_clp` states it: then the line is written with its amount alone (a boleta for
    the part of a sale that no card voucher covers, a text correction), or it was read from a
    file whose amount is not that of its own price and quantity.

    `discount_percent` alone is enough: `prepare` works the pesos out (`discount_clp`), and so
    for surcharges. `tax_codes` are additional taxes (CodImpAdic), at most two.
    `reference_*` is the supplier's price per unit of its tariff; `made_on` and `expires_on`
    are those of the goods.
    """

    name: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None
    discount_clp: int = 0
    surcharge_percent: Decimal | None = None
    surcharge_clp: int = 0
    exemption: Exemption | None = None
    tax_codes: tuple[int, ...] = ()
    codes: tuple[ItemCode, ...] = ()
    description: str = ""
    reference_quantity: Decimal | None = None
    reference_unit: str = ""
    reference_price: Decimal | None = None
    made_on: date | None = None
    expires_on: date | None = None
    fixed_amount_clp: int | None = None

    @property
    def exempt(self) -> bool:
        """Whether its amount counts as exempt (IndExe 1)."""
        return self.exemption is Exemption.EXEMPT

    @property
    def priced_clp(self) -> int:
        """Price x quantity, half up, before its discount and surcharge."""
        assert self.quantity is not None, "a line has a quantity and price, or a fixed amount"
        assert self.unit_price is not None, "a line has a quantity and price, or a fixed amount"
        return to_pesos(self.unit_price * self.quantity)

    @property
    def amount_clp(self) -> int:
        """MontoItem. Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MontoItem."""
        if self.fixed_amount_clp is not None:
            return self.fixed_amount_clp
        return self.priced_clp - self.discount_clp + self.surcharge_clp


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A discount or surcharge on all lines of one group (DscRcgGlobal).

    `value` is a percentage (`is_percent`) or pesos on the document's `price_basis`.
    `applies_to` None means the affected lines; else EXEMPT or NOT_BILLABLE.
    """

    kind: AdjustmentKind
    value: Decimal
    is_percent: bool
    applies_to: Exemption | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pointer to another paper.

    `kind` is TpoDocRef ("39", "801", "SET"); `issue_date` is required outside boletas; `code` is
    CodRef: 1 to 3 in notas, free text in boletas; `reason` is RazonRef. `is_global` refers to a
    whole period instead of one folio; `other_issuer` is whose document it is when not ours.
    `seller_code` and `till_code` exist in boletas only.
    """

    kind: str = ""
    folio: str = ""
    issue_date: date | None = None
    code: str = ""
    reason: str = ""
    is_global: bool = False
    other_issuer: Rut | None = None
    seller_code: str = ""
    till_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """A payment agreed on (MntPagos)."""

    due_date: date
    amount_clp: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """How and when a document between companies is paid; not in boletas.

    `term_code`, `term_text` and `term_days` are the seller's own terms of sale.
    """

    form: PaymentForm | None = None
    instalments: tuple[Instalment, ...] = ()
    paid_on: date | None = None
    paid_clp: int | None = None
    balance_clp: int | None = None
    account_kind: str = ""
    account: str = ""
    bank: str = ""
    term_code: str = ""
    term_text: str = ""
    term_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Who carries the goods, in what and where to; `departs_at` and dates are Chilean.

    Source: DTE_v10.xsd (2026-02-06), Transporte; Res. Ex. SII 154 of 2025.
    """

    plate: str = ""
    trailer_plate: str = ""
    carrier: Rut | None = None
    driver: Rut | None = None
    driver_name: str = ""
    address: str = ""
    commune: str = ""
    city: str = ""
    departs_on: date | None = None
    departs_at: time | None = None
    arrives_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document without folio or stamp.

    `price_basis` None is the usual one of its type (boletas gross, the others net); `prepare`
    fills it in. `vat_clp` states the VAT where it is not the one of the lines, by a peso at most:
    a gross ticket written in net prices, or a note that takes back a part of a document (see
    `refunded_vat`). `payment_means` is a PaymentMeans in boletas, else a TradeMeans. `service` is
    written in boletas always, elsewhere only when it is a periodic service. `requester` is who
    asks for the document in the receiver's name; `software_provider` exists in boletas only.
    `lowers_vat` False is a credit note that came too late to lower the issuer's VAT.
    `dispatch`, `transfer_reason` and `transport` are about moved goods: guías, and facturas that
    go along with the goods. `sale_nature` and `purchase_nature` are TpoTranVenta and TpoTranCompra.
    """

    kind: DocumentType
    issuer: Issuer
    receiver: Receiver
    lines: tuple[Line, ...]
    issue_date: date
    price_basis: PriceBasis | None = None
    vat_clp: int | None = None
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()
    payment_means: PaymentMeans | TradeMeans | None = None
    payment_terms: PaymentTerms = PaymentTerms()
    due_date: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    service: ServiceKind = ServiceKind.SALES_AND_SERVICES
    print_format: PrintFormat | None = None
    sale_nature: int | None = None
    purchase_nature: int | None = None
    lowers_vat: bool = True
    dispatch: DispatchKind | None = None
    transfer_reason: TransferReason | None = None
    transport: Transport | None = None
    requester: Rut | None = None
    software_provider: Rut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxAmount:
    """An additional or retained tax of the totals (ImptoReten); `percent` None when not stated."""

    code: int
    percent: Decimal | None
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Totals in pesos: net + exempt + VAT + taxes + deposit (- what is retained) = total.

    `vat_percent` is TasaIVA, which boletas never state. `deposit_clp` is GrntDep (bottles),
    `not_billable_clp` MontoNF, which is outside the total. `unretained_vat_clp` and the rest are
    read from others' documents and never computed.
    """

    net_clp: int
    exempt_clp: int
    vat_clp: int
    total_clp: int
    vat_percent: Decimal | None = None
    taxes: tuple[TaxAmount, ...] = ()
    deposit_clp: int = 0
    not_billable_clp: int = 0
    unretained_vat_clp: int = 0
    construction_credit_clp: int = 0
    commission_net_clp: int = 0
    commission_exempt_clp: int = 0
    commission_vat_clp: int = 0
    period_clp: int | None = None
    previous_balance_clp: int | None = None
    payable_clp: int | None = None


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
