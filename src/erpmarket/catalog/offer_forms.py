"""What a shopkeeper types about an offer: one form per kind, in their words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms

from dte.errors import TextRefused
from dte.text import clean_text
from erpmarket.catalog.actions.promotions import MOST_SLOTS, Offer
from erpmarket.catalog.errors import BadOffer
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.catalog.models import Category, PromotionVersion
from erpmarket.catalog.queries import find_by_code
from erpmarket.pricing.promotions import DEFAULT_PRIORITY
from erpmarket.ui.fields import PesosField

WEEKDAYS: Final = (
    ("1", "lunes"),
    ("2", "martes"),
    ("3", "miércoles"),
    ("4", "jueves"),
    ("5", "viernes"),
    ("6", "sábado"),
    ("7", "domingo"),
)
_CODES: Final = re.compile(r"[\s,;]+")
_MOST_CODES: Final = 200
_SLOTS: Final = range(1, MOST_SLOTS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferKind:
    """A kind as the page offers it: its address, its title, and what it is for."""

    slug: str
    kind: PromotionKind
    title: str
    words: str


OFFER_KINDS: Final = (
    OfferKind(
        slug="lleva-y-paga",
        kind=PromotionKind.N_FOR_M,
        title="Lleva 3 paga 2",
        words="Las más baratas salen gratis",
    ),
    OfferKind(
        slug="segunda",
        kind=PromotionKind.NTH_PERCENT,
        title="La segunda a mitad de precio",
        words="Un % menos en la segunda unidad",
    ),
    OfferKind(
        slug="varios",
        kind=PromotionKind.N_FOR_PRICE,
        title="2 por $1.000",
        words="Varios por un precio redondo",
    ),
    OfferKind(
        slug="combo",
        kind=PromotionKind.COMBO,
        title="Combo",
        words="Productos distintos juntos por un precio",
    ),
    OfferKind(
        slug="cantidad",
        kind=PromotionKind.QUANTITY_PRICE,
        title="Precio por cantidad",
        words="Desde 6, cada uno más barato",
    ),
    OfferKind(
        slug="porcentaje",
        kind=PromotionKind.PERCENT,
        title="Happy hour o % menos",
        words="Un descuento por días, horas o categoría",
    ),
)


def _number(label: str, *, most: int, help_text: str = "") -> forms.IntegerField:
    words = f"Escribe un número de 1 a {most}."
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        help_text=help_text,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), words),
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
    )


def _decimal(label: str, words: str, **limits: Any) -> forms.DecimalField:  # noqa: ANN401  (Django's own)
    names = ("required", "invalid", "min_value", "max_value", "max_digits", "max_decimal_places")
    return forms.DecimalField(
        label=label,
        localize=True,
        error_messages=dict.fromkeys((*names, "max_whole_digits"), words),
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "decimal"}),
        **limits,
    )


def _percent(label: str) -> forms.DecimalField:
    words = "Escribe un porcentaje de 1 a 100."
    return _decimal(label, words, min_value=1, max_value=100, max_digits=5, decimal_places=2)


def _price(label: str) -> PesosField:
    return PesosField(label=label, error_messages={"required": "Escribe el precio de la oferta."})


def _when(label: str, input_type: str, field: type[forms.Field]) -> forms.Field:
    return field(
        label=label,
        required=False,
        error_messages={"invalid": "Escríbelo como lo pide la casilla, o déjalo vacío."},
        widget=forms.DateInput(attrs={"class": "in", "type": input_type}, format="%Y-%m-%d")
        if input_type == "date"
        else forms.TimeInput(attrs={"class": "in", "type": input_type}, format="%H:%M"),
    )


class OfferForm(forms.Form):
    """An offer of one kind: what it gives, for what, and when."""

    name = forms.CharField(
        label="Cómo se llama",
        max_length=40,
        help_text="Sale en la caja debajo del producto.",
        error_messages={
            "required": "Ponle un nombre, por ejemplo 3x2 en yogur.",
            "max_length": "Usa un nombre más corto: hasta 40 letras.",
        },
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    codes = forms.CharField(
        label="Productos",
        required=False,
        help_text="Pasa el lector o escribe los códigos, uno por línea.",
        widget=forms.Textarea(attrs={"class": "in", "rows": 4}),
    )
    categories = forms.MultipleChoiceField(
        label="Categorías",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "box"}),
        error_messages={"invalid_choice": "Esa categoría ya no está. Elige otra."},
    )
    everything = forms.BooleanField(
        label="Todo lo que vendo",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    weekdays = forms.MultipleChoiceField(
        label="Días",
        required=False,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "box"}),
    )
    begins_at = _when("Desde las", "time", forms.TimeField)
    ends_at = _when("Hasta las", "time", forms.TimeField)
    valid_from = _when("Primer día", "date", forms.DateField)
    last_day = _when("Último día", "date", forms.DateField)
    max_applications = forms.IntegerField(
        label="Veces por venta",
        required=False,
        min_value=1,
        max_value=100,
        help_text="Vacío: todas las que calcen.",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Escribe de 1 a 100, o déjalo vacío."
        ),
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  (Django's own)
        kind: PromotionKind,
        categories: Sequence[Category],
        priority: int = DEFAULT_PRIORITY,
        **kwargs: Any,  # noqa: ANN401  (Django's own)
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._priority = priority
        self.fields.update(_term_fields(kind, categories))
        if kind is PromotionKind.COMBO:
            for name in ("codes", "categories", "everything"):
                del self.fields[name]
            return
        choices = [(str(row.id), row.name) for row in categories]
        self.fields["categories"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_name(self) -> str:
        try:
            return clean_text(self.cleaned_data["name"], field="el nombre", limit=40)
        except TextRefused as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def clean_codes(self) -> tuple[str, ...]:
        return _products(self.cleaned_data["codes"])

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        for place in _SLOTS if self.kind is PromotionKind.COMBO else ():
            self._clean_slot(place, cleaned)
        begins, ends = cleaned.get("begins_at"), cleaned.get("ends_at")
        if (begins is None) != (ends is None) and not self.errors:
            self.add_error("ends_at", "Escribe las dos horas, o ninguna.")
        return cleaned

    def _clean_slot(self, place: int, cleaned: dict[str, Any]) -> None:
        try:
            cleaned[f"slot{place}"] = _products(cleaned.get(f"slot{place}") or "")
        except forms.ValidationError as error:
            self.add_error(f"slot{place}", error)

    @property
    def term_fields(self) -> list[forms.BoundField]:
        """What the kind itself asks, without the slots of a combo."""
        return [self[name] for name in _TERMS[self.kind]]

    @property
    def slot_rows(self) -> list[tuple[forms.BoundField, ...]]:
        """The slots of a combo: how many, of which products, or of which category."""
        if self.kind is not PromotionKind.COMBO:
            return []
        return [
            (self[f"count{place}"], self[f"slot{place}"], self[f"category{place}"])
            for place in _SLOTS
        ]

    def offer(self) -> Offer:
        """Return what was typed, of a valid form."""
        found = self.cleaned_data
        last_day: date | None = found["last_day"]
        begins, ends = found["begins_at"], found["ends_at"]
        days = tuple(int(each) for each in found["weekdays"])
        return Offer(
            name=found["name"],
            kind=self.kind,
            terms=self._terms(found),
            priority=self._priority,
            weekdays=days or None,
            hours=None if begins is None or ends is None else (begins, ends),
            valid_from=found["valid_from"],
            valid_to=None if last_day is None else last_day + timedelta(days=1),
            max_applications=found["max_applications"],
        )

    def refuse(self, refusal: BadOffer) -> None:
        """Say what the action refused beside the field to mend."""
        names = {"valid_to": "last_day", "products": "codes", "slots": None}
        name = names.get(refusal.field, refusal.field)
        self.add_error(name if name in self.fields else None, refusal.message)

    def _terms(self, found: Mapping[str, Any]) -> dict[str, Any]:
        terms: dict[str, Any] = {}
        for name in _TERMS[self.kind]:
            value = found[name]
            # Whole numbers stay numbers, decimals are text: nothing makes a float of them.
            terms[name] = f"{value.normalize():f}" if isinstance(value, Decimal) else value
        if self.kind is PromotionKind.COMBO:
            return {**terms, "slots": _slots(found)}
        if found["everything"]:
            return {**terms, "select": {"all": True}}
        select = {"products": list(found["codes"]), "categories": list(found["categories"])}
        return {**terms, "select": {name: ids for name, ids in select.items() if ids}}


_TERMS: Final[Mapping[PromotionKind, tuple[str, ...]]] = {
    PromotionKind.N_FOR_M: ("n", "m"),
    PromotionKind.NTH_PERCENT: ("n", "percent"),
    PromotionKind.N_FOR_PRICE: ("n", "price"),
    PromotionKind.COMBO: ("price",),
    PromotionKind.QUANTITY_PRICE: ("min_quantity", "price"),
    PromotionKind.PERCENT: ("percent",),
}


def _term_fields(kind: PromotionKind, categories: Sequence[Category]) -> Mapping[str, forms.Field]:
    match kind:
        case PromotionKind.N_FOR_M:
            return {"n": _number("Lleva", most=100), "m": _number("Paga", most=99)}
        case PromotionKind.NTH_PERCENT:
            return {
                "n": _number("En la unidad número", most=100, help_text="2: en la segunda."),
                "percent": _percent("Descuento %"),
            }
        case PromotionKind.N_FOR_PRICE:
            return {"n": _number("Lleva", most=100), "price": _price("Por")}
        case PromotionKind.COMBO:
            return {"price": _price("El combo cuesta"), **_slot_fields(categories)}
        case PromotionKind.QUANTITY_PRICE:
            words = "Escribe desde cuántas unidades o kilos."
            limits = {"min_value": Decimal("0.001"), "max_digits": 7, "decimal_places": 3}
            return {
                "min_quantity": _decimal("Desde (unidades o kilos)", words, **limits),
                "price": _price("Cada uno a"),
            }
        case PromotionKind.PERCENT:
            return {"percent": _percent("Descuento %")}


def _slot_fields(categories: Sequence[Category]) -> Mapping[str, forms.Field]:
    choices = [("", "o categoría"), *((str(row.id), row.name) for row in categories)]
    fields: dict[str, forms.Field] = {}
    for place in _SLOTS:
        count = _number("Cuántos", most=100)
        count.required, count.initial = False, 1
        fields[f"count{place}"] = count
        fields[f"slot{place}"] = forms.CharField(
            label="Código del producto",
            required=False,
            widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
        )
        fields[f"category{place}"] = forms.ChoiceField(
            label="Categoría",
            required=False,
            choices=choices,
            error_messages={"invalid_choice": "Esa categoría ya no está. Elige otra."},
            widget=forms.Select(attrs={"class": "in"}),
        )
    return fields


def _slots(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    slots = []
    for place in _SLOTS:
        products, category = found[f"slot{place}"], found[f"category{place}"]
        select: dict[str, list[str]] = {}
        if products:
            select["products"] = list(products)
        if category:
            select["categories"] = [category]
        if select:
            slots.append({"count": found[f"count{place}"] or 1, "select": select})
    return slots


def _products(text: str) -> tuple[str, ...]:
    """Read codes as the ids of products; raises ValidationError naming those nobody has."""
    codes = tuple(dict.fromkeys(code for code in _CODES.split(text.strip()) if code))
    if len(codes) > _MOST_CODES:
        raise forms.ValidationError(
            f"Son más de {_MOST_CODES} productos: elige mejor una categoría."
        )
    found = {code: find_by_code(code) for code in codes}
    unknown = [code for code, product in found.items() if product is None]
    if unknown:
        raise forms.ValidationError(
            f"No conocemos {', '.join(unknown[:5])}. Revisa el código o búscalo en Productos."
        )
    ids = (str(product.id) for product in found.values() if product is not None)
    return tuple(dict.fromkeys(ids))


def initial_of(row: PromotionVersion, codes: Mapping[str, str]) -> dict[str, Any]:
    """Give a form's first values of an offer; `codes` are those of its products, by id."""
    terms = row.terms
    initial: dict[str, Any] = {
        "name": row.name,
        "weekdays": [str(day) for day in row.weekdays or ()],
        "begins_at": row.begins_at,
        "ends_at": row.ends_at,
        "valid_from": row.valid_from,
        "last_day": row.valid_to and row.valid_to - timedelta(days=1),
        "max_applications": row.max_applications,
    }
    for name in _TERMS[PromotionKind(row.kind)]:
        value = terms[name]
        initial[name] = Decimal(value) if isinstance(value, str) else value
    select = terms.get("select", {})
    initial["everything"] = select.get("all", False)
    initial["codes"] = "\n".join(codes.get(each, each) for each in select.get("products", ()))
    initial["categories"] = select.get("categories", [])
    for place, slot in enumerate(terms.get("slots", ()), start=1):
        of_slot = slot["select"]
        initial[f"count{place}"] = slot["count"]
        initial[f"slot{place}"] = " ".join(
            codes.get(each, each) for each in of_slot.get("products", ())
        )
        initial[f"category{place}"] = next(iter(of_slot.get("categories", ())), "")
    return initial


class DiscountLimitForm(forms.Form):
    """How far a cashier goes without asking."""

    cashier_percent = _decimal(
        "Sin PIN, un cajero descuenta hasta %",
        "Escribe un porcentaje de 0 a 100.",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
