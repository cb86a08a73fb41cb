"""An invented supplier who makes real signed papers: stamped, signed and in their envelope."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dte.build import build
from dte.caf import load_caf
from dte.certificate import load_certificate
from dte.codes import AdjustmentKind, DocumentType, PaymentForm
from dte.document import (
    Adjustment,
    Draft,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
)
from dte.envelope import Cover, pack_documents
from dte.rut import Rut
from dte.signer import sign_document
from erpmarket.fiscal.actions.receive_file import receive_file
from erpmarket.fiscal.exchange_models import ReceivedDocument

AT = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
RUT = "77310845-5"
NAME = "Distribuidora Maipo Ltda."


def dte_line(
    name: str,
    amount: str,
    quantity: str = "1",
    *,
    unit: str = "CJ",
    code: str = "",
    ean: str = "",
    tax: int | None = None,
    **facts: Any,
) -> Line:
    """Make a line; `amount` is its net in all."""
    codes = [ItemCode(kind="INT1", value=code)] if code else []
    codes += [ItemCode(kind="EAN13", value=ean)] if ean else []
    return Line(
        name=name,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(amount) / Decimal(quantity),
        codes=tuple(codes),
        tax_codes=() if tax is None else (tax,),
        **facts,
    )


def drinks() -> tuple[Line, ...]:
    """Ten packs of six drinks, four of twelve beers, twenty others, and the freight."""
    return (
        dte_line("BEBIDA COLA 1.5LT X6", "30000", "10", unit="PK", code="B-15", tax=27),
        dte_line("CERV RUBIA LATA 470 X12", "40000", "4", unit="CJ", code="C-47", tax=26),
        dte_line("FIDEOS SPAGHETTI 400GR", "10000", "20", unit="UN", code="F-40"),
        dte_line("FLETE", "8000", "1", unit="UN"),
    )


@dataclass(kw_only=True)
class Distributor:
    """Issues to `customer` (a shop of the cast); folios go up from one."""

    office: Any
    customer: Any
    rut: str = RUT
    _cafs: dict[int, Any] = field(default_factory=dict)
    _folios: dict[int, int] = field(default_factory=dict)

    def file(
        self,
        *lines: Line,
        kind: int = 33,
        receiver_rut: str = "",
        discounts: Sequence[Adjustment] = (),
        references: Sequence[Reference] = (),
        **facts: Any,
    ) -> bytes:
        """Make the EnvioDTE of one paper."""
        receiver = Receiver(
            rut=Rut.parse(receiver_rut or self.customer.rut),
            name="Almacén",
            giro="Almacén",
            address="Los Aromos 12",
            commune="Ñuñoa",
            city="Santiago",
        )
        issuer = Issuer(
            rut=Rut.parse(self.rut),
            name=NAME,
            giro="Distribución de abarrotes",
            address="Camino Melipilla 100",
            commune="Maipú",
            activities=(463020,),
        )
        terms = PaymentTerms(form=PaymentForm.CREDIT) if kind in (33, 34) else PaymentTerms()
        draft = Draft(
            **{
                "kind": DocumentType(kind),
                "issuer": issuer,
                "receiver": receiver,
                "lines": lines or drinks(),
                "issue_date": date(2026, 11, 20),
                "payment_terms": terms,
                "adjustments": tuple(discounts),
                "references": tuple(references),
                **facts,
            }
        )
        caf = self._caf(kind)
        self._folios[kind] += 1
        document = build(draft=draft, folio=self._folios[kind], caf=caf, at=AT)
        certificate = self._certificate()
        signed = sign_document(document.xml, certificate)
        cover = Cover(
            issuer=issuer.rut,
            sender=certificate.rut,
            resolution_date=date(2014, 8, 22),
            resolution_number=80,
            receiver=receiver.rut,
        )
        return pack_documents([signed], cover, certificate, certificate.valid_from, "Envio1")

    def send(self, *lines: Line, at: datetime = AT, **facts: Any) -> ReceivedDocument:
        """Let a paper come in; call inside the customer's scope."""
        file = receive_file(raw=self.file(*lines, **facts), name="factura.xml", at=at)
        row: ReceivedDocument = ReceivedDocument.objects.get(file=file)
        return row

    def _caf(self, kind: int) -> Any:
        if kind not in self._cafs:
            xml = self.office.issue_caf(
                rut=self.rut, name=NAME, kind=kind, quantity=100, authorized_on=date(2026, 11, 2)
            )
            self._cafs[kind] = load_caf(xml)
            self._folios[kind] = self._cafs[kind].first - 1
        return self._cafs[kind]

    def _certificate(self) -> Any:
        pfx = self.office.issue_certificate(rut="12345678-5", name="Marta Soto", password="clave")
        return load_certificate(pfx, "clave")


def percent_off(percent: str) -> Adjustment:
    return Adjustment(kind=AdjustmentKind.DISCOUNT, value=Decimal(percent), is_percent=True)
