"""What people send when they count, review a count, or write goods off."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django import forms

from erpmarket.common.clock import SANTIAGO, local_date
from erpmarket.inventory.models import CountDeed, CountKind
from erpmarket.inventory.removal_reasons import REASONS
from erpmarket.ui.fields import PesosField

_COMMA: Final = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+),(\d{1,3})", re.ASCII)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
_POINT: Final = re.compile(r"\d{1,9}(?:\.\d{1,3})?", re.ASCII)
HARD_WORDS: Final = "Escribe una cantidad, por ejemplo 12 o 0,455."
SHEET_REASONS: Final = (
    "Robo o pérdida",
    "Merma no anotada",
    "Error al recibir",
    "Error al vender",
    "Mal contado antes",
    "Otro",
)


def read_quantity(text: str, unit: str) -> Decimal | None:
    """Read a quantity as people write it: `12`, `1.200`, `0,455`; a point in kilos is a comma.

    None when it is no quantity.
    """
    text = text.strip()
    match = _COMMA.fullmatch(text)
    if match is not None:
        return Decimal(f"{match[1].replace('.', '')}.{match[2]}")
    if unit != "kg" and _THOUSANDS.fullmatch(text):
        return Decimal(text.replace(".", ""))
    return Decimal(text) if _POINT.fullmatch(text) else None


class QuantityField(forms.CharField):
    """A quantity of a product, by unit or by kilo."""

    widget = forms.TextInput(
        attrs={"class": "in num big", "inputmode": "decimal", "autocomplete": "off"}
    )

    def __init__(self, *, unit: str, **kwargs: Any) -> None:  # noqa: ANN401  (Django's own)
        self._unit = unit
        super().__init__(max_length=14, **kwargs)

    def clean(self, value: object) -> Any:  # noqa: ANN401  (Django's own signature)
        text = super().clean(value)
        if not text:
            return None
        found = read_quantity(text, self._unit)
        if found is None:
            raise forms.ValidationError(HARD_WORDS, code="quantity")
        return found


class NewCountForm(forms.Form):
    """What to count, where, and whether the system's figure shows."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    bodega = forms.TypedChoiceField(
        label="Dónde", coerce=int, widget=forms.Select(attrs={"class": "in"})
    )
    tipo = forms.ChoiceField(choices=list(CountKind.choices))
    categoria = forms.TypedChoiceField(
        label="Categoría",
        coerce=int,
        required=False,
        empty_value=None,
        widget=forms.Select(attrs={"class": "in"}),
    )
    cuantos = forms.TypedChoiceField(
        label="Cuántos",
        coerce=int,
        required=False,
        empty_value=None,
        choices=[(10, "10 productos"), (20, "20 productos"), (40, "40 productos")],
        initial=20,
        widget=forms.Select(attrs={"class": "in"}),
    )
    ver_stock = forms.BooleanField(required=False)
    nota = forms.CharField(
        label="Nota",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  (Django's own)
        places: Sequence[tuple[int, str]],
        categories: Sequence[tuple[int, str]],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bodega"].choices = places  # type: ignore[attr-defined]  # a choice field
        self.fields["categoria"].choices = [("", "Elige una"), *categories]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("tipo") == CountKind.CATEGORY and not found.get("categoria"):
            self.add_error("categoria", "Elige la categoría que vas a contar.")
        return found


class EntryForm(forms.Form):
    """One entry as a phone sends it: `age_ms` is how long ago it was counted, by its own clock.

    A phone's clock may be wrong by days; the time between counting and sending is not.
    """

    uid = forms.UUIDField()
    product_id = forms.IntegerField(min_value=1)
    quantity = forms.DecimalField(min_value=Decimal(0), max_digits=14, decimal_places=3)
    deed = forms.ChoiceField(choices=list(CountDeed.choices))
    age_ms = forms.IntegerField(min_value=0, required=False)
    hora = forms.TimeField(required=False, input_formats=["%H:%M"])

    def counted_at(self, at: datetime, opened_at: datetime) -> datetime:
        """Give the instant of counting: the hour that was on paper, or as long ago as is said.

        An age never reaches behind the opening: what is left of it is the network's delay.
        """
        wall = self.cleaned_data["hora"]
        if wall is None:
            age = timedelta(milliseconds=min(self.cleaned_data["age_ms"] or 0, 10**10))
            return max(at - age, min(opened_at, at))
        local = datetime.combine(local_date(at), wall, tzinfo=SANTIAGO)
        # The minute on paper is over when the count of that minute is.
        return min(local + timedelta(seconds=59), at) if local <= at else local


class JudgeForm(forms.Form):
    """What a person decides of one difference, or its quantity counted anew."""

    uid = forms.UUIDField(required=False)
    aceptar = forms.BooleanField(required=False)
    motivo = forms.ChoiceField(
        required=False, choices=[("", "Sin motivo"), *((each, each) for each in SHEET_REASONS)]
    )
    costo = PesosField(required=False)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["cantidad"] = QuantityField(unit=unit, required=False)


class RemovalSearchForm(forms.Form):
    """Which product leaves, found by code or name, and from where."""

    q = forms.CharField(required=False, max_length=80)
    producto = forms.IntegerField(required=False, min_value=1)
    bodega = forms.IntegerField(required=False, min_value=1)
    cantidad = forms.CharField(required=False, max_length=14)
    anotado = forms.IntegerField(required=False, min_value=1)
    mes = forms.DateField(required=False, input_formats=["%Y-%m"])
    antes = forms.IntegerField(required=False, min_value=1)


class RemovalForm(forms.Form):
    """How much of a product leaves, why, and of which lot."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    motivo = forms.ChoiceField(
        label="Por qué",
        choices=[(reason.code, reason.words) for reason in REASONS],
        widget=forms.RadioSelect,
        error_messages={"required": "Elige por qué sale."},
    )
    lote = forms.TypedChoiceField(
        label="Lote",
        coerce=int,
        required=False,
        empty_value=None,
        widget=forms.Select(attrs={"class": "in"}),
    )
    nota = forms.CharField(
        label="Nota",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  (Django's own)
        unit: str,
        lots: Sequence[tuple[int, str]],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cantidad"] = QuantityField(
            unit=unit,
            label="Cuántos kilos" if unit == "kg" else "Cuántas unidades",
            error_messages={"required": "Escribe cuánto sale."},
        )
        self.fields["lote"].choices = [("", "Sin lote"), *lots]  # type: ignore[attr-defined]  # a choice field

    def clean_cantidad(self) -> Decimal:
        """Refuse nothing at all."""
        found: Decimal = self.cleaned_data["cantidad"]
        if not found:
            raise forms.ValidationError("Escribe cuánto sale.", code="nothing")
        return found


class LimitForm(forms.Form):
    """From how many pesos a difference is a warning."""

    pesos = PesosField()


def entry_of(body: Mapping[str, Any]) -> EntryForm:
    """Read a phone's JSON as a form."""
    return EntryForm({key: value for key, value in body.items() if value is not None})


def whole_pesos(value: Decimal) -> Decimal:
    """Round an amount to pesos, half up."""
    return value.quantize(Decimal(1), rounding=ROUND_HALF_UP)
