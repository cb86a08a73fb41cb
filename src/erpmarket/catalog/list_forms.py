"""What people type about price lists."""
# ruff: noqa: ANN401  (Django's signatures)

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms

from erpmarket.catalog.actions.price_lists import BadPriceList, ListedPrice
from erpmarket.catalog.list_models import PriceList, PriceListRow
from erpmarket.catalog.models import Product
from erpmarket.catalog.price_lists import find_products_by_codes
from erpmarket.catalog.queries import find_by_code
from erpmarket.ui.fields import PesosField

OWN_PRICES: Final = "own"
MOST_FILE_BYTES: Final = 2_000_000
MOST_FILE_ROWS: Final = 20_000
_TEXT: Final = {"class": "in", "autocomplete": "off"}


class ListForm(forms.Form):
    """How a list is called, and whether it holds."""

    uid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label="Nombre",
        max_length=40,
        widget=forms.TextInput(attrs=_TEXT),
        error_messages={"required": "Ponle un nombre corto."},
    )
    is_active = forms.BooleanField(
        required=False, initial=True, widget=forms.CheckboxInput(attrs={"class": "box"})
    )


class BranchListForm(forms.Form):
    """Which list holds in a branch."""

    branch = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    price_list = forms.ChoiceField(required=False, widget=forms.Select(attrs={"class": "in"}))

    def __init__(self, *args: Any, lists: Sequence[PriceList], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(row.id), row.name) for row in lists]
        self.fields["price_list"].choices = [("", "Los precios de siempre"), *named]  # type: ignore[attr-defined]  # a ChoiceField


class DatedPriceForm(forms.Form):
    """A price that holds on some days only."""

    code = forms.CharField(
        label="Producto",
        max_length=40,
        help_text="Su código o código de barras.",
        widget=forms.TextInput(attrs=_TEXT),
        error_messages={"required": "¿De qué producto?"},
    )
    price = PesosField(label="Precio", error_messages={"required": "¿A cuánto?"})
    begins = forms.DateField(
        label="Desde",
        required=False,
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label="Hasta ese día",
        required=False,
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}, format="%Y-%m-%d"),
    )

    def clean_code(self) -> Product:
        found = find_by_code(self.cleaned_data["code"].strip())
        if found is None:
            raise forms.ValidationError("No hay un producto con ese código.")
        return found

    def listed(self) -> ListedPrice:
        """Give what was typed; the last day is one of those it holds."""
        found = self.cleaned_data
        last = found["last"]
        return ListedPrice(
            product_id=found["code"].id,
            price_clp=found["price"],
            valid_from=found["begins"],
            valid_to=None if last is None else last + timedelta(days=1),
        )


class CopyForm(forms.Form):
    """From where a list is filled, and by how many percent it is moved."""

    source = forms.ChoiceField(label="Copiar de", widget=forms.Select(attrs={"class": "in"}))
    percent = forms.CharField(
        label="Con un cambio de",
        max_length=8,
        initial="0",
        help_text="En porcentaje: -10 baja, 5 sube.",
        widget=forms.TextInput(attrs={**_TEXT, "class": "in num", "inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, lists: Sequence[PriceList], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(row.id), f"La lista {row.name}") for row in lists]
        own = (OWN_PRICES, "Los precios de todos los productos")
        self.fields["source"].choices = [own, *named]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_percent(self) -> Decimal:
        text = self.cleaned_data["percent"].replace("%", "").replace(",", ".").strip()
        try:
            percent = Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError("Escribe un porcentaje, por ejemplo -10.") from error
        if not percent.is_finite():
            raise forms.ValidationError("Escribe un porcentaje, por ejemplo -10.")
        return percent

    def from_list_id(self) -> int | None:
        """Give the list to copy; None is every product's own price."""
        source = self.cleaned_data["source"]
        return None if source == OWN_PRICES else int(source)


class FileForm(forms.Form):
    """A file of prices: code; price; first day; last day."""

    file = forms.FileField(
        label="Planilla (CSV)",
        widget=forms.FileInput(attrs={"class": "in", "accept": ".csv,text/csv"}),
        error_messages={"required": "Elige un archivo.", "empty": "El archivo está vacío."},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """A product on the page of a list: its own price, that of the list, and those of some days."""

    product: Product
    listed_clp: int | None
    dated: tuple[PriceListRow, ...]


def read_prices(data: Mapping[str, Any], shown: Sequence[ListedProduct]) -> dict[int, int | None]:
    """Read what was typed for the products of a page: product → pesos, None where it was emptied.

    Only what is not as it was. Raises BadPriceList.
    """
    field, found = PesosField(required=False), {}
    for each in shown:
        text = data.get(f"p{each.product.id}")
        if text is None:
            continue
        try:
            price = field.clean(text)
        except forms.ValidationError as error:
            words = f"{each.product.name}: escribe el precio en pesos, por ejemplo 1.990."
            raise BadPriceList(field="prices", words=words) from error
        if price != each.listed_clp:
            found[each.product.id] = price
    return found


def read_price_file(content: bytes) -> list[ListedPrice]:
    """Read lines of code, price and days; a first line of words is a heading.

    Raises BadPriceList, which names the first wrong line.
    """
    if len(content) > MOST_FILE_BYTES:
        raise BadPriceList(field="file", words="El archivo es muy grande: divídelo en dos.")
    lines = _lines(content)
    if not lines:
        raise BadPriceList(field="file", words="El archivo no trae precios.")
    if len(lines) > MOST_FILE_ROWS:
        raise BadPriceList(field="file", words="Son demasiadas líneas: divide el archivo.")
    known = find_products_by_codes({cells[0] for _, cells in lines})
    return [_read_row(number, cells, known) for number, cells in lines]


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    separator = ";" if text.count(";") >= text.count(",") else ","
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    told = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, start=1)]
    return [
        (number, cells)
        for number, cells in told
        if any(cells) and (number > 1 or _has_digit(cells))
    ]


def _has_digit(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and any(sign.isdigit() for sign in cells[1])


def _read_row(number: int, cells: Sequence[str], known: Mapping[str, int]) -> ListedPrice:
    code, price, begins, last = (*cells, "", "", "", "")[:4]
    product_id = known.get(code)
    if product_id is None:
        raise _wrong(number, f"no hay un producto con el código «{code[:40]}»")
    try:
        price_clp = PesosField().clean(price)
    except forms.ValidationError as error:
        raise _wrong(number, "el precio va en pesos, por ejemplo 1990") from error
    end = _day(number, last)
    return ListedPrice(
        product_id=product_id,
        price_clp=price_clp,
        valid_from=_day(number, begins),
        valid_to=None if end is None else end + timedelta(days=1),
    )


def _day(number: int, text: str) -> date | None:
    if not text:
        return None
    field = forms.DateField(input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"])
    try:
        return field.clean(text)  # type: ignore[no-any-return]  # Django's fields are untyped
    except forms.ValidationError as error:
        raise _wrong(number, "las fechas van como 24-11-2026") from error


def _wrong(number: int, words: str) -> BadPriceList:
    return BadPriceList(field="file", words=f"Línea {number}: {words}. No se cambió nada.")
