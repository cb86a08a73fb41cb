"""What people type about suppliers, papers and payments."""
# ruff: noqa: ANN401  (Django's signatures)

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms

from dte.document import Transport
from erpmarket.fiscal.trade_forms import NumberField, RutField, choice, day_field, text_field
from erpmarket.purchasing.actions.orders import OrderPlan
from erpmarket.purchasing.actions.suppliers import SupplierFacts
from erpmarket.purchasing.models import PaidBy, ReceiptLine, Supplier
from erpmarket.purchasing.payable_queries import OpenPaper
from erpmarket.ui.fields import PesosField

if TYPE_CHECKING:
    from erpmarket.inventory.models import Warehouse

# Kinds of paper that goods come with; a guía owes nothing until its factura comes.
PAPERS: Final = (
    ("33", "Factura"),
    ("34", "Factura exenta"),
    ("52", "Guía de despacho"),
    ("46", "Factura de compra"),
    ("39", "Boleta"),
)
NO_VAT: Final = frozenset({34})
GUIA: Final = 52
_DAYS: Final = {"class": "in num", "inputmode": "numeric", "autocomplete": "off"}


def _days(label: str, hint: str) -> forms.IntegerField:
    words = dict.fromkeys(("invalid", "min_value", "max_value"), "Escribe días, de 0 a 365.")
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=365,
        help_text=hint,
        widget=forms.TextInput(attrs=_DAYS),
        error_messages=words,
    )


class SupplierForm(forms.Form):
    """A supplier and its terms."""

    name = text_field("Nombre o razón social", 100)
    business = text_field("Giro", 80)
    contact = text_field("Con quién hablas", 60, required=False)
    phone = text_field("Teléfono", 20, required=False)
    email = forms.EmailField(
        label="Correo para pedidos",
        required=False,
        max_length=80,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
        error_messages={"invalid": "Ese correo no está completo: revisa la arroba y el final."},
    )
    address = text_field("Dirección", 70, required=False)
    commune = text_field("Comuna", 20, required=False)
    lead_days = _days("Días que demora", "Desde el pedido hasta que llega.")
    payment_days = _days(
        "Días para pagar", "Desde la fecha de la factura. 0 es al contado; vacío, no lo sabes."
    )
    minimum_order_clp = PesosField(label="Pedido mínimo, neto", required=False)
    note = text_field("Nota", 200, required=False)

    def facts(self, *, is_active: bool = True) -> SupplierFacts:
        """Give what a valid form says."""
        found = {key: value for key, value in self.cleaned_data.items() if key != "rut"}
        for name in ("lead_days", "minimum_order_clp"):
            found[name] = found[name] or 0
        found.pop("is_active", None)
        return SupplierFacts(**found, is_active=is_active)


class NewSupplierForm(SupplierForm):
    """A supplier that is not there yet."""

    rut = RutField(label="RUT", error_messages={"required": "Falta el RUT del proveedor."})
    field_order = ("rut",)


class SupplierEditForm(SupplierForm):
    """A supplier that is there; who is bought from no more stays in the books."""

    is_active = forms.BooleanField(
        label="Le compras", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[str, str]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


def _places(warehouses: "Sequence[Warehouse]") -> list[tuple[str, str]]:
    return [(str(row.id), row.name) for row in warehouses]


def _suppliers(suppliers: Sequence[Supplier]) -> list[tuple[str, str]]:
    return [("", "Elige uno"), *((str(row.id), row.name) for row in suppliers)]


class OrderForm(forms.Form):
    """Who an order goes to, where and when the goods should come."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    supplier = choice("Proveedor", (), error_messages={"required": "Elige a quién le pides."})
    warehouse = choice("Llega a", ())
    expected_on = day_field("Para el día")
    note = text_field("Nota para el proveedor", 200, required=False)

    def __init__(
        self,
        *args: Any,
        suppliers: Sequence[Supplier],
        warehouses: "Sequence[Warehouse]",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "supplier", _suppliers(suppliers))
        _offer(self, "warehouse", _places(warehouses))

    def plan(self) -> OrderPlan:
        """Give what a valid form says besides its goods."""
        found = self.cleaned_data
        return OrderPlan(
            warehouse_id=int(found["warehouse"]),
            expected_on=found["expected_on"],
            note=found["note"],
        )


class SendForm(forms.Form):
    """Where an order's PDF goes; `uid` makes a second tap harmless."""

    uid = forms.UUIDField()
    to = forms.CharField(max_length=80)


class ReceiptForm(forms.Form):
    """The paper that goods came with."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    order = forms.IntegerField(required=False, widget=forms.HiddenInput)
    supplier = choice("Proveedor", (), error_messages={"required": "Elige quién lo trajo."})
    kind = choice("Documento", PAPERS, initial="33")
    folio = forms.IntegerField(
        label="Número",
        min_value=1,
        max_value=10**12,
        widget=forms.TextInput(attrs=_DAYS),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Escribe el número del documento."
        ),
    )
    issued_on = day_field("Con fecha")
    warehouse = choice("Entra a", ())
    received_at = forms.DateTimeField(
        label="Llegó",
        required=False,
        help_text="Vacío: ahora.",
        input_formats=["%Y-%m-%dT%H:%M", "%d-%m-%Y %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"class": "in", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        error_messages={"invalid": "Escribe el día y la hora, por ejemplo 20-11-2026 08:30."},
    )
    discount = PesosField(label="Descuento a todo", required=False)
    freight = PesosField(label="Flete, neto", required=False)
    total = PesosField(
        label="Total del documento",
        required=False,
        help_text="Vacío: lo que suman las líneas con sus impuestos.",
    )
    note = text_field("Nota", 200, required=False)

    def __init__(
        self,
        *args: Any,
        at: datetime,
        suppliers: Sequence[Supplier],
        warehouses: "Sequence[Warehouse]",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._at = at
        _offer(self, "supplier", _suppliers(suppliers))
        _offer(self, "warehouse", _places(warehouses))

    def clean_received_at(self) -> datetime | None:
        received_at: datetime | None = self.cleaned_data["received_at"]
        if received_at is not None and received_at > self._at:
            raise forms.ValidationError("Esa hora todavía no llega. Deja vacío si fue ahora.")
        return received_at


class ReasonForm(forms.Form):
    """Why something is corrected or undone; `uid` makes a second tap harmless."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    reason = text_field("Motivo", 90)


class ReturnForm(ReasonForm):
    """Why goods go back, and who carries them."""

    with_guia = forms.BooleanField(
        label="Con guía de despacho del SII",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    carrier = RutField(label="RUT de quien transporta", required=False)
    plate = text_field("Patente", 8, required=False)
    driver = RutField(label="RUT de quien maneja", required=False)
    driver_name = text_field("Nombre de quien maneja", 30, required=False)

    def transport(self, supplier: Supplier) -> Transport | None:
        """Give who carries the goods; None without a guía."""
        found = self.cleaned_data
        if not found["with_guia"]:
            return None
        return Transport(
            plate=found["plate"].upper(),
            carrier=found["carrier"],
            driver=found["driver"],
            driver_name=found["driver_name"],
            address=supplier.address,
            commune=supplier.commune,
        )


class QuantityForm(forms.Form):
    """How many units of one line go back."""

    quantity = NumberField(label="Vuelven", required=False)


class CostForm(forms.Form):
    """The right cost of one line, or what is added to it."""

    value = NumberField(label="Costo nuevo", required=False)


class BillForm(ReasonForm):
    """The bill that came later; without a number nothing is owed for it."""

    way = choice(
        "Qué dice",
        (("correction", "El costo correcto de cada línea"), ("late_cost", "Un costo que se suma")),
        initial="correction",
    )
    kind = choice("Documento", PAPERS, initial="33")
    folio = forms.IntegerField(
        label="Número",
        required=False,
        min_value=1,
        max_value=10**12,
        widget=forms.TextInput(attrs=_DAYS),
        help_text="Vacío: no se suma a lo que debes.",
        error_messages={"invalid": "Escribe el número del documento."},
    )
    total = PesosField(label="Total del documento", required=False)
    issued_on = day_field("Con fecha")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("folio") and not cleaned.get("total"):
            self.add_error("total", "¿Cuánto se debe por ese documento?")
        return cleaned


class PaymentForm(forms.Form):
    """How a supplier is paid."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    method = choice("Cómo pagas", ())
    reference = text_field("Número de transferencia o cheque", 40, required=False)
    note = text_field("Nota", 120, required=False)

    def __init__(self, *args: Any, drawers: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tills = [
            (f"{PaidBy.DRAWER}:{row.till_id}", f"Del cajón de {row.till_name} ({row.cashier_name})")
            for row in drawers
        ]
        others = [(str(each.value), each.label) for each in PaidBy if each is not PaidBy.DRAWER]
        _offer(self, "method", [*others, *tills])

    def way(self) -> tuple[PaidBy, int | None]:
        """Give the method, and the till whose drawer pays."""
        name, _, till_id = self.cleaned_data["method"].partition(":")
        return PaidBy(name), int(till_id) if till_id else None


class CreditNoteForm(forms.Form):
    """A nota de crédito that a supplier sent."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    folio = forms.IntegerField(
        label="Número de la nota",
        min_value=1,
        max_value=10**12,
        widget=forms.TextInput(attrs=_DAYS),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Escribe el número de la nota."
        ),
    )
    issued_on = day_field("Con fecha")
    amount = PesosField(
        label="Total de la nota", error_messages={"required": "¿Cuánto dice la nota?"}
    )
    supplier_return = choice("Por la devolución", (), required=False)

    def __init__(self, *args: Any, returns: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "supplier_return", [("", "Ninguna"), *returns])

    def clean_amount(self) -> int:
        amount = int(self.cleaned_data["amount"])
        if amount <= 0:
            raise forms.ValidationError("Escribe el total de la nota, más de cero.")
        return amount


class _AmountForm(forms.Form):
    amount = PesosField(label="Pagas", required=False)


class CreditLeftForm(forms.Form):
    """What of a nota de crédito was left when the page was shown."""

    left = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class AmountsForm:
    """How much goes to each open paper of a supplier."""

    def __init__(
        self, papers: Sequence[OpenPaper], data: Mapping[str, Any] | None = None, *, full: bool
    ) -> None:
        self.rows = [
            (
                paper,
                _AmountForm(
                    data,
                    prefix=f"p{paper.id}",
                    initial={"amount": paper.left_clp} if full and not place else None,
                ),
            )
            for place, paper in enumerate(papers)
        ]

    def is_valid(self) -> bool:
        """Judge every row."""
        return not [form for _, form in self.rows if not form.is_valid()]

    def pays(self) -> dict[int, int]:
        """Give what was written, by paper."""
        return {
            paper.id: form.cleaned_data["amount"]
            for paper, form in self.rows
            if form.cleaned_data["amount"]
        }


class LineNumbers:
    """One number for each line of a receipt."""

    def __init__(
        self,
        lines: Sequence[ReceiptLine],
        form: type[forms.Form],
        name: str,
        data: Mapping[str, Any] | None,
    ) -> None:
        self._name = name
        self.rows = [(line, form(data, prefix=f"n{line.position}")) for line in lines]

    def is_valid(self) -> bool:
        """Judge every row."""
        return not [form for _, form in self.rows if not form.is_valid()]

    def numbers(self) -> dict[int, Decimal]:
        """Give what was written, by the position of the line."""
        return {
            line.position: form.cleaned_data[self._name]
            for line, form in self.rows
            if form.cleaned_data[self._name] is not None
        }
