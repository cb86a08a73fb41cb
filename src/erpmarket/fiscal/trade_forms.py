"""What people type to issue facturas, guías and notas, turned into orders."""
# ruff: noqa: ANN401  (Django's signatures)

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms

from dte.codes import DispatchKind, PaymentForm, PriceBasis, TransferReason
from dte.document import Receiver, Reference, Transport
from dte.errors import DteError
from dte.rut import Rut
from erpmarket.fiscal.actions.issue_factura import FacturaOrder
from erpmarket.fiscal.actions.issue_guia import GuiaOrder
from erpmarket.fiscal.actions.issue_nota import MAX_LINES
from erpmarket.fiscal.corrections import LeftLine, Part
from erpmarket.fiscal.draft_maps import TradeLine
from erpmarket.fiscal.nota_queries import find_buyer
from erpmarket.tenancy.models import Branch

LINES_AT_FIRST: Final = 5
_NUMBER_LIMIT: Final = Decimal(10) ** 10
# 1.990 is no 1,99: dots before groups of three are those of thousands.
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+")
_DAYS: Final = ["%Y-%m-%d", "%d-%m-%Y"]
REASONS: Final = (
    ("1", "Venta: después va la factura"),
    ("5", "Traslado entre mis locales o bodegas"),
    ("6", "Entrega de algo ya vendido"),
    ("2", "Venta por confirmar"),
    ("3", "Consignación"),
    ("4", "Entrega gratuita"),
    ("7", "Devolución a quien me vendió"),
)
REFERENCES: Final = (
    ("", "Ninguna"),
    ("801", "Orden de compra"),
    ("52", "Guía de despacho"),
    ("33", "Factura"),
    ("39", "Boleta"),
    ("802", "Nota de pedido"),
    ("HES", "Hoja de entrada de servicios"),
)


class RutField(forms.CharField):
    """A RUT with its check digit, dots or not."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"class": "in", "data-rut": True, "autocomplete": "off"}),
        )
        super().__init__(**{"max_length": 14, **kwargs})

    def clean(self, value: Any) -> Rut | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Rut.parse(text)
        except DteError as error:
            raise forms.ValidationError("Ese RUT no existe: revisa el último dígito.") from error


class NumberField(forms.CharField):
    """A number as people write it: `1.990`, `0,455` and `0.455` are understood."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "in num", "inputmode": "decimal", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**{"max_length": 20, **kwargs})

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value).replace("$", "").replace("%", "").replace(" ", "")
        if not text:
            return None
        if "," in text:
            text = text.replace(".", "").replace(",", ".")
        elif _THOUSANDS.fullmatch(text):
            text = text.replace(".", "")
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError("Escribe un número, por ejemplo 1.990 o 0,5.") from error
        if not number.is_finite() or not 0 <= number < _NUMBER_LIMIT:
            raise forms.ValidationError("Escribe un número mayor que cero.")
        return number


def text_field(label: str, limit: int, *, required: bool = True, **kwargs: Any) -> forms.CharField:
    """Make a line of text; the words of a missing one name it."""
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
        error_messages={"required": f"Falta: {label.lower()}."},
        **kwargs,
    )


def choice(label: str, choices: Sequence[tuple[str, str]], **kwargs: Any) -> forms.ChoiceField:
    """Make a list to choose from."""
    words = {
        "required": "Elige una opción.",
        "invalid_choice": "Esa opción no está. Elige una de la lista.",
    } | kwargs.pop("error_messages", {})
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.Select(attrs={"class": "in"}),
        error_messages=words,
        **kwargs,
    )


def day_field(label: str, **kwargs: Any) -> forms.DateField:
    """Make a day."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=_DAYS,
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d"),
        **kwargs,
    )


class BuyerForm(forms.Form):
    """Who buys; what is left blank is filled in from the last paper to that RUT."""

    rut = RutField(label="RUT", error_messages={"required": "Falta el RUT de quien compra."})
    name = text_field("Razón social", 100, required=False)
    giro = text_field("Giro", 40, required=False)
    address = text_field("Dirección", 70, required=False)
    commune = text_field("Comuna", 20, required=False)
    city = text_field("Ciudad", 20, required=False)
    email = forms.EmailField(
        label="Correo para la factura",
        required=False,
        max_length=80,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        rut = cleaned.get("rut")
        if rut is None:
            return cleaned
        known = find_buyer(str(rut))
        for name in ("name", "giro", "address", "commune", "city", "email"):
            if known is not None and not cleaned.get(name):
                cleaned[name] = getattr(known, name)
        for name in ("name", "giro", "address", "commune"):
            if not cleaned.get(name):
                self.add_error(name, f"Falta: {str(self.fields[name].label).lower()}.")
        return cleaned

    def receiver(self) -> Receiver:
        """Give the receiver of a valid form."""
        return Receiver(**{name: self.cleaned_data[name] for name in self.fields})


class LineForm(forms.Form):
    """One line; a row without a name is no line."""

    name = text_field("Producto o servicio", 80, required=False)
    quantity = NumberField(label="Cantidad", required=False)
    price = NumberField(label="Precio", required=False)
    discount = NumberField(label="Rebaja %", required=False)
    exempt = forms.BooleanField(
        label="Exento", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )

    may_be_free = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("name"):
            if cleaned.get("price") or cleaned.get("quantity"):
                self.add_error("name", "Escribe qué es.")
            return cleaned
        if not cleaned.get("quantity") and "quantity" not in self.errors:
            self.add_error("quantity", "¿Cuántos?")
        if not cleaned.get("price") and not self.may_be_free and "price" not in self.errors:
            self.add_error("price", "¿A cuánto?")
        return cleaned

    @property
    def is_line(self) -> bool:
        """Whether somebody wrote something here."""
        return bool(self.cleaned_data.get("name"))

    def line(self) -> TradeLine:
        """Give the line of a valid form."""
        found = self.cleaned_data
        return TradeLine(
            name=found["name"],
            quantity=found["quantity"],
            unit_price=found["price"] or Decimal(0),
            discount_percent=found["discount"] or None,
            is_exempt=found["exempt"],
        )


class FreeLineForm(LineForm):
    """A line of goods that move: without a price nothing is sold."""

    may_be_free = True


class LinesForm:
    """All rows of a page; more are given as they are needed, never more than a paper may hold."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        row: type[LineForm] = LineForm,
        initial: Sequence[Mapping[str, Any]] = (),
        more: bool = False,
    ) -> None:
        self.limit = MAX_LINES
        count = max(LINES_AT_FIRST, len(initial))
        if data is not None:
            count = _whole(data.get("rows"), count) + (LINES_AT_FIRST if more else 0)
        self.rows = [
            row(
                data,
                prefix=f"l{place}",
                initial=dict(initial[place]) if place < len(initial) else None,
            )
            for place in range(min(max(count, 1), MAX_LINES))
        ]
        self.error = ""

    @property
    def is_full(self) -> bool:
        """Whether the paper has room for no more lines."""
        return len(self.rows) >= MAX_LINES

    def is_valid(self) -> bool:
        """Judge every row, and ask for at least one."""
        right = not [row for row in self.rows if not row.is_valid()]
        if right and not any(row.is_line for row in self.rows):
            self.error = "Escribe al menos una línea."
        return right and not self.error

    def lines(self) -> tuple[TradeLine, ...]:
        """Give the lines of a valid page."""
        return tuple(row.line() for row in self.rows if row.is_line)


class FacturaForm(forms.Form):
    """How a factura is priced, paid and referred to."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    branch = choice("Local que vende", ())
    basis = choice("Los precios van", (("gross", "con IVA"), ("net", "sin IVA")), initial="gross")
    discount_percent = NumberField(label="Descuento a todo, %", required=False)
    payment = choice(
        "Pago", (("1", "Contado"), ("2", "Crédito"), ("3", "Entrega gratuita")), initial="1"
    )
    due_date = day_field("Vence")
    reference_kind = choice("Se refiere a", REFERENCES, required=False)
    reference_folio = text_field("Número", 18, required=False)
    reference_date = day_field("Con fecha")

    def __init__(self, *args: Any, branches: Sequence[Branch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_branches(self, "branch", branches)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_reference(self, cleaned)
        return cleaned

    def order(self, receiver: Receiver, lines: tuple[TradeLine, ...]) -> FacturaOrder:
        """Give the order of a valid form."""
        found = self.cleaned_data
        return FacturaOrder(
            uid=found["uid"],
            receiver=receiver,
            lines=lines,
            price_basis=PriceBasis(found["basis"]),
            discount_percent=found["discount_percent"] or None,
            payment=PaymentForm(int(found["payment"])),
            due_date=found["due_date"],
            references=references(found),
        )


class GuiaForm(forms.Form):
    """Why goods move, and who carries them."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    branch = choice("Salen de", ())
    reason = choice("Motivo", REASONS, initial="5")
    destination = choice("Van a", (), required=False)
    carrier = RutField(label="RUT de quien transporta", required=False)
    driver = RutField(label="RUT de quien maneja", required=False)
    driver_name = text_field("Nombre de quien maneja", 30, required=False)
    plate = text_field("Patente", 8, required=False)
    address = text_field("Dirección de destino", 70, required=False)
    commune = text_field("Comuna de destino", 20, required=False)
    departs_on = day_field("Sale el día")
    departs_at = forms.TimeField(
        label="A las",
        required=False,
        widget=forms.TimeInput(attrs={"class": "in", "type": "time"}, format="%H:%M"),
    )
    reference_kind = choice("Se refiere a", REFERENCES, required=False)
    reference_folio = text_field("Número", 18, required=False)
    reference_date = day_field("Con fecha")

    def __init__(self, *args: Any, branches: Sequence[Branch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_branches(self, "branch", branches)
        others = [(str(branch.id), branch.name) for branch in branches]
        self.fields["destination"].choices = [("", "Otro lugar"), *others]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_reference(self, cleaned)
        return cleaned

    @property
    def is_internal(self) -> bool:
        """Whether the goods stay ours: then nobody else receives them."""
        return str(self["reason"].value()) == str(int(TransferReason.INTERNAL))

    def order(
        self,
        lines: tuple[TradeLine, ...],
        *,
        receiver: Receiver | None,
        destination: Branch | None,
    ) -> GuiaOrder:
        """Give the order of a valid form."""
        found = self.cleaned_data
        return GuiaOrder(
            uid=found["uid"],
            reason=TransferReason(int(found["reason"])),
            lines=lines,
            receiver=receiver,
            destination=destination,
            dispatch=None if receiver is None else DispatchKind.BY_ISSUER_TO_RECEIVER,
            references=references(found),
            transport=Transport(
                plate=found["plate"].upper(),
                carrier=found["carrier"],
                driver=found["driver"],
                driver_name=found["driver_name"],
                address=found["address"],
                commune=found["commune"],
                departs_on=found["departs_on"],
                departs_at=found["departs_at"],
            ),
        )


class NotaForm(forms.Form):
    """Why a document is corrected, and for a text what is wrong and what is right."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    reason = text_field("Motivo", 90)
    wrong = text_field("Donde dice", 200, required=False)
    right = text_field("Debe decir", 200, required=False)

    def __init__(self, *args: Any, wants_text: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("wrong", "right"):
            self.fields[name].required = wants_text


class PartsForm:
    """How much of each line of a document comes back; an empty row is none of it."""

    def __init__(self, lines: Sequence[LeftLine], data: Mapping[str, Any] | None = None) -> None:
        self.rows = [(line, _PartForm(data, prefix=f"p{line.position}")) for line in lines]

    def is_valid(self) -> bool:
        """Judge every row."""
        return not [form for _, form in self.rows if not form.is_valid()]

    def parts(self) -> tuple[Part, ...]:
        """Give what was chosen."""
        return tuple(
            Part(position=line.position, quantity=form.cleaned_data["quantity"])
            for line, form in self.rows
            if form.cleaned_data["quantity"]
        )


class _PartForm(forms.Form):
    quantity = NumberField(label="Cuánto vuelve", required=False)


class CompanyForm(forms.Form):
    """What facturas say of the company."""

    business = text_field("Giro", 80)
    activities = text_field(
        "Códigos de actividad",
        40,
        help_text="De 1 a 4 códigos de seis cifras del SII, separados por coma. Están en tu"
        " carpeta tributaria.",
    )
    email = forms.EmailField(
        label="Correo", required=False, max_length=80, widget=forms.EmailInput({"class": "in"})
    )
    phone = text_field("Teléfono", 20, required=False)

    def clean_activities(self) -> list[int]:
        words = self.cleaned_data["activities"].replace(",", " ").split()
        if not 1 <= len(words) <= 4 or not all(  # noqa: PLR2004  (Acteco, DTE_v10.xsd)
            word.isascii() and word.isdecimal() and len(word) <= 6 and int(word)  # noqa: PLR2004
            for word in words
        ):
            raise forms.ValidationError("Escribe de 1 a 4 códigos de seis cifras, como 471100.")
        return [int(word) for word in words]


def set_branches(form: forms.Form, name: str, branches: Sequence[Branch]) -> None:
    """Offer the company's branches, the first one chosen."""
    choices = [(str(branch.id), branch.name) for branch in branches]
    form.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
    if choices:
        form.fields[name].initial = choices[0][0]


def check_reference(form: forms.Form, cleaned: dict[str, Any]) -> None:
    """Ask for number and day of what a paper refers to."""
    if not cleaned.get("reference_kind"):
        return
    if not cleaned.get("reference_folio"):
        form.add_error("reference_folio", "Falta el número.")
    if not cleaned.get("reference_date") and "reference_date" not in form.errors:
        form.add_error("reference_date", "Falta la fecha.")


def references(found: Mapping[str, Any]) -> tuple[Reference, ...]:
    """Give what a valid form refers to."""
    if not found["reference_kind"]:
        return ()
    day: date = found["reference_date"]
    return (
        Reference(kind=found["reference_kind"], folio=found["reference_folio"], issue_date=day),
    )


def _whole(value: object, otherwise: int) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 else otherwise  # noqa: PLR2004
