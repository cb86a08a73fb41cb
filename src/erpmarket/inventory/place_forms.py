"""What people write about warehouses, transfers, lots and minimums."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Final

from django import forms

from dte.document import Transport
from erpmarket.fiscal.trade_forms import RutField, choice, text_field
from erpmarket.inventory.models import Warehouse

# A guía has room for so many.
LINE_LIMIT: Final = 60
_ID_DIGITS: Final = 18


def read_units(text: str) -> Decimal | None:
    """Read units as people write them, with a comma; None for anything else."""
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**9 else None


def read_id(text: str) -> int | None:
    """Read an id; None for what cannot be one."""
    is_id = text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS
    return int(text) if is_id else None


class WarehouseForm(forms.Form):
    """A new place for stock."""

    branch = choice("Local", ())
    name = text_field("Nombre", 40)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, branches: Sequence[tuple[int, str]]
    ) -> None:
        super().__init__(data)
        self.fields["branch"].choices = [(str(key), name) for key, name in branches]  # type: ignore[attr-defined]  # a ChoiceField
        if len(branches) == 1:
            self.fields["branch"].widget = forms.HiddenInput()
            self.fields["branch"].initial = str(branches[0][0])


class SendForm(forms.Form):
    """From where to where, and who carries what goes by road."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    origin = choice("Sale de", ())
    target = choice("Llega a", ())
    note = text_field("Nota", 200, required=False)
    carrier = RutField(label="RUT de quien transporta", required=False)
    driver = RutField(label="RUT de quien maneja", required=False)
    driver_name = text_field("Nombre de quien maneja", 30, required=False)
    plate = text_field("Patente", 8, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        places: Sequence[Warehouse],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.places = {row.id: row for row in places}
        for name in ("origin", "target"):
            self.fields[name].choices = [(str(row.id), row.name) for row in places]  # type: ignore[attr-defined]  # a ChoiceField

    def end(self, name: str) -> Warehouse | None:
        """Give the warehouse chosen as an end, whether the form is valid or not."""
        return self.places.get(read_id(str(self[name].value() or "")) or 0)

    @property
    def goes_by_road(self) -> bool:
        """Whether the ends have different addresses, so that a guía must go along."""
        origin, target = self.end("origin"), self.end("target")
        return origin is not None and target is not None and origin.branch_id != target.branch_id

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("origin") and cleaned.get("origin") == cleaned.get("target"):
            self.add_error("target", "Elige otra bodega: es la misma de la que sale.")
        if self.goes_by_road:
            for name, words in _ROAD.items():
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return cleaned

    def transport(self) -> Transport | None:
        """Give who carries the goods of a valid form; None when they stay at one address."""
        target = self.end("target")
        if not self.goes_by_road or target is None:
            return None
        found = self.cleaned_data
        return Transport(
            plate=found["plate"].upper(),
            carrier=found["carrier"],
            driver=found["driver"],
            driver_name=found["driver_name"],
            address=target.branch.address,
            commune=target.branch.commune,
            city=target.branch.city,
        )


_ROAD: Final[Mapping[str, str]] = {
    "carrier": "La guía dice quién transporta: escribe su RUT.",
    "driver": "La guía dice quién maneja: escribe su RUT.",
    "driver_name": "La guía dice quién maneja: escribe su nombre.",
    "plate": "La guía lleva la patente: escríbela.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PickableLot:
    """A lot that units can be taken from, with what is left of it."""

    id: int
    expires_on: date
    code: str
    left: Decimal


@dataclass(slots=True, kw_only=True)
class PickedLine:
    """One product on the list of a transfer, as it was typed; no lot: what expires first."""

    product_id: int
    text: str
    lot_id: int | None = None
    lots: Sequence[PickableLot] = ()
    error: str = ""
    name: str = ""
    unit: str = ""
    there: Decimal = Decimal(0)

    @property
    def units(self) -> Decimal | None:
        return read_units(self.text)

    @property
    def left_of_lot(self) -> Decimal:
        """What the chosen lot has; all that is there where none is."""
        return next((lot.left for lot in self.lots if lot.id == self.lot_id), self.there)


def read_lines(data: Any) -> list[PickedLine]:  # noqa: ANN401  (a QueryDict)
    """Read `producto`, `cantidad` and `lote` of a page, one line by product; ids that fit only."""
    found: dict[int, PickedLine] = {}
    rows = zip_longest(
        data.getlist("producto"), data.getlist("cantidad"), data.getlist("lote"), fillvalue=""
    )
    for text, units, lot in rows:
        product_id = read_id(text)
        if product_id is not None and len(found) < LINE_LIMIT:
            line = PickedLine(product_id=product_id, text=units.strip(), lot_id=read_id(lot))
            found.setdefault(product_id, line)
    return list(found.values())


def check_lines(lines: Iterable[PickedLine]) -> bool:
    """Judge what was typed; tell whether all of it can be sent."""
    for line in lines:
        units = line.units
        if units is None or units <= 0:
            line.error = "Escribe cuánto va."
        elif line.unit != "kg" and units != units.to_integral_value():
            line.error = "Va por unidades enteras."
        elif units > line.there:
            line.error = "No hay tanto."
        elif units > line.left_of_lot:
            line.error = "De ese lote no queda tanto: manda el resto de otro."
    return not [line for line in lines if line.error]
