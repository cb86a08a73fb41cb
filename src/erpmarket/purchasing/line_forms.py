"""The lines of an order or a reception while somebody writes them: scanned, searched, stepped."""
# ruff: noqa: ANN401  (Django's signatures)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms

from dte.taxes import ADDITIONAL_TAXES
from erpmarket.catalog.queries import find_by_code, find_product, search_products
from erpmarket.costing.amounts import QUANTITY_QUANTUM
from erpmarket.fiscal.trade_forms import NumberField, choice, day_field, text_field
from erpmarket.inventory.lot_queries import is_watched
from erpmarket.purchasing.actions.orders import AskedLine
from erpmarket.purchasing.costs import TypedLine
from erpmarket.ui.fields import PesosField
from erpmarket.ui.formats import percent

if TYPE_CHECKING:
    from erpmarket.catalog.models import Product

MAX_LINES: Final = 200
CHOICES: Final = 8
_TAXES: Final = (
    ("", "Ninguno"),
    *((str(tax.code), f"{tax.name} ({percent(tax.percent)})") for tax in ADDITIONAL_TAXES),
)
_STEP: Final = {"class": "in num", "inputmode": "decimal", "autocomplete": "off"}


class _LineForm(forms.Form):
    """One product; packs × units in each."""

    product = forms.IntegerField(widget=forms.HiddenInput)
    packs = NumberField(label="Cajas o unidades", error_messages={"required": "¿Cuántas?"})
    per_pack = forms.IntegerField(
        label="Trae c/u",
        min_value=1,
        max_value=100_000,
        initial=1,
        widget=forms.TextInput(attrs=_STEP),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "¿Cuántas trae cada una?"
        ),
    )

    def __init__(self, *args: Any, product: "Product", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = product
        for each in self.fields.values():
            label = f"{each.label} de {product.name}"
            each.widget.attrs.setdefault("aria-label", label)

    def clean_packs(self) -> Decimal:
        packs: Decimal | None = self.cleaned_data["packs"]
        if not packs:
            raise forms.ValidationError("Escribe cuántas, o quita la línea.")
        if packs != packs.quantize(QUANTITY_QUANTUM, rounding=ROUND_HALF_UP):
            raise forms.ValidationError("Usa hasta tres decimales.")
        return packs


class OrderLineForm(_LineForm):
    """One product to ask for."""

    cost = PesosField(label="Costo neto c/u", required=False)

    def line(self) -> AskedLine:
        """Give the line of a valid form."""
        found = self.cleaned_data
        return AskedLine(
            product_id=self.row.id,
            packs=found["packs"],
            units_per_pack=found["per_pack"],
            pack_cost=None if found["cost"] is None else Decimal(found["cost"]),
        )


class ReceiptLineForm(_LineForm):
    """One product that came; the amount is the paper's net for all that it bills."""

    amount = PesosField(
        label="Neto de la línea", error_messages={"required": "¿Cuánto dice el documento?"}
    )
    billed = NumberField(label="Facturadas, si son otras", required=False)
    tax = choice("Impuesto adicional", _TAXES, required=False)
    exempt = forms.BooleanField(
        label="Exento", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )
    expires_on = day_field("Vence el")
    lot = text_field("Lote", 30, required=False)
    order_line = forms.IntegerField(required=False, widget=forms.HiddenInput)
    ordered = NumberField(required=False, widget=forms.HiddenInput())

    def line(self) -> TypedLine:
        """Give the line of a valid form."""
        found = self.cleaned_data
        return TypedLine(
            product_id=self.row.id,
            packs=found["packs"],
            units_per_pack=found["per_pack"],
            amount_clp=found["amount"],
            billed_packs=found["billed"] or None,
            order_line_id=found["order_line"],
            tax_code=found["tax"],
            is_exempt=found["exempt"],
            expires_on=found["expires_on"],
            lot_code=found["lot"],
        )

    @property
    def has_more(self) -> bool:
        """Whether one of the fields that are seldom used says something."""
        names = ("billed", "tax", "expires_on", "lot")
        if any(self[name].value() for name in names) or self.errors:
            return True
        # Whose dates are watched is asked for them.
        return is_watched(self.row.id)


@dataclass(slots=True)
class Lines:
    """The rows of a page, and what its field for codes found."""

    rows: list[Any] = field(default_factory=list)
    found: "Sequence[Product]" = ()
    sought: str = ""
    words: str = ""

    def is_valid(self) -> bool:
        """Judge every row."""
        return not [row for row in self.rows if not row.is_valid()]

    def lines(self) -> list[Any]:
        """Give the lines of a valid page."""
        return [row.line() for row in self.rows]


def read_lines(
    form: type[_LineForm],
    data: Mapping[str, Any] | None,
    *,
    start: Sequence[Mapping[str, Any]] = (),
) -> Lines:
    """Read the rows that were sent, and do what the page's button asks: add a product, drop one.

    `start` fills a page that was not sent.
    """
    lines = Lines()
    if data is None:
        places = [(f"l{place}", initial) for place, initial in enumerate(start)]
        lines.rows = [
            form(prefix=prefix, initial=initial, product=product)
            for prefix, initial in places
            if (product := find_product(int(initial["product"]))) is not None
        ]
        return lines
    drop = data.get("drop", "")
    count = _whole(data.get("rows"))
    for place in range(min(count, MAX_LINES)):
        product = find_product(_whole(data.get(f"l{place}-product")))
        if product is not None and drop != str(place):
            lines.rows.append(form(data, prefix=f"l{place}", product=product))
    _add(lines, form, data)
    return _renumbered(lines, form, data) if drop else lines


def _add(lines: Lines, form: type[_LineForm], data: Mapping[str, Any]) -> None:
    product = None
    if data.get("add"):
        product = find_product(_whole(data.get("add")))
    elif data.get("action") == "seek":
        lines.sought = str(data.get("code", "")).strip()[:80]
        product = find_by_code(lines.sought) if lines.sought else None
        if product is None and lines.sought:
            lines.found = list(search_products(lines.sought)[:CHOICES])
            if not lines.found:
                lines.words = f"No encontramos «{lines.sought}». Prueba con otra palabra."
    if product is None:
        return
    same = next((row for row in lines.rows if row.row.id == product.id), None)
    if same is not None:
        lines.words = f"{product.name} ya está en la lista: cambia la cantidad ahí."
        return
    initial = {"product": product.id, "packs": "1", "per_pack": 1, "exempt": product.is_exempt}
    if product.additional_tax_code:
        initial["tax"] = str(product.additional_tax_code)
    lines.rows.append(form(prefix=f"l{len(lines.rows)}", initial=initial, product=product))


def _renumbered(lines: Lines, form: type[_LineForm], data: Mapping[str, Any]) -> Lines:
    """Number the rows anew after one was dropped, with what was typed in the others."""
    rows = []
    for place, row in enumerate(lines.rows):
        typed = {name: data.get(row.add_prefix(name), "") for name in row.fields}
        rows.append(form(prefix=f"l{place}", initial=typed, product=row.row))
    lines.rows = rows
    return lines


def _whole(text: object) -> int:
    given = str(text or "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0  # noqa: PLR2004  (an id)
