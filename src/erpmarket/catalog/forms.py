"""What a person types about a product."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django import forms
from django.http import QueryDict

from dte.errors import TextRefused
from dte.taxes import ADDITIONAL_TAXES
from dte.text import clean_text
from erpmarket.catalog.actions.labels import MOST_COPIES
from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit
from erpmarket.catalog.content import read_content
from erpmarket.catalog.errors import PRICE_LIMIT_CLP, BadPrice, WrongCheckDigit
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Category
from erpmarket.pricing.proposal import MOST_MOVE_PERCENT, Ending, PriceRule
from erpmarket.ui.fields import PesosField
from erpmarket.ui.formats import percent

_BARCODE = re.compile(r"[0-9A-Za-z.\-]{1,20}")
_BARCODE_LIMIT = 20


class PriceForm(forms.Form):
    """A gross price."""

    price_clp = PesosField(
        label="Precio con IVA", error_messages={"required": "Escribe el precio que paga la gente."}
    )

    def clean_price_clp(self) -> int:
        price_clp = int(self.cleaned_data["price_clp"])
        if not 0 < price_clp < PRICE_LIMIT_CLP:
            raise forms.ValidationError(BadPrice(price_clp=price_clp).message)
        return price_clp


class PriceChangeForm(PriceForm):
    """A gross price, from now on or from an hour to come."""

    effective_at = forms.DateTimeField(
        label="Desde cuándo",
        required=False,
        help_text="Vacío: desde ahora. Con día y hora, el precio cambia solo.",
        error_messages={"invalid": "Escribe el día y la hora, por ejemplo 25-11-2026 08:00."},
        input_formats=["%Y-%m-%dT%H:%M", "%d-%m-%Y %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"class": "in", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(self, *args: object, at: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self._at = at

    def clean_effective_at(self) -> datetime | None:
        effective_at: datetime | None = self.cleaned_data["effective_at"]
        if effective_at is not None and effective_at <= self._at:
            raise forms.ValidationError("Esa hora ya pasó. Elige una que venga, o deja vacío.")
        return effective_at


class ProductFactsForm(forms.Form):
    """What a product is, without its price; everything the till needs to sell it."""

    name = forms.CharField(
        label="Nombre",
        max_length=80,
        error_messages={
            "required": "Escribe el nombre como lo buscas en la caja.",
            "max_length": "Usa un nombre más corto: hasta 80 letras.",
        },
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    barcodes = forms.CharField(
        label="Códigos de barra",
        required=False,
        help_text="Uno por línea. Pasa el lector o escríbelos.",
        widget=forms.Textarea(attrs={"class": "in", "rows": 3, "inputmode": "numeric"}),
    )
    category_id = forms.TypedChoiceField(
        label="Categoría",
        coerce=int,
        error_messages={
            "required": "Elige una categoría.",
            "invalid_choice": "Esa categoría ya no está. Elige otra.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    unit = forms.ChoiceField(
        label="Se vende por",
        choices=[(Unit.PIECE.value, "Unidad"), (Unit.KILO.value, "Kilo")],
        initial=Unit.PIECE,
        error_messages={
            "required": "Elige unidad o kilo.",
            "invalid_choice": "Elige unidad o kilo.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    code = forms.CharField(
        label="Código interno",
        required=False,
        max_length=20,
        help_text="Si lo dejas vacío, usamos el primer código de barra.",
        error_messages={"max_length": "Usa hasta 20 letras o números."},
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    plu = forms.IntegerField(
        label="PLU de la pesa",
        required=False,
        min_value=1,
        max_value=999_999,
        help_text="Solo si la pesa imprime etiquetas con este número.",
        error_messages={
            "invalid": "El PLU es un número, por ejemplo 101.",
            "min_value": "El PLU va de 1 a 999.999.",
            "max_value": "El PLU va de 1 a 999.999.",
        },
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
    )
    content = forms.CharField(
        label="Contenido",
        required=False,
        max_length=20,
        help_text="Por ejemplo 400 g o 6 x 350 ml. Vacío: lo leemos del nombre.",
        error_messages={"max_length": "Usa hasta 20 letras."},
        widget=forms.TextInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    additional_tax_code = forms.TypedChoiceField(
        label="Impuesto adicional",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Lo paga tu proveedor y entra en tu costo; el precio no cambia.",
        error_messages={"invalid_choice": "Elige uno de la lista."},
        widget=forms.Select(attrs={"class": "in"}),
    )
    is_exempt = forms.BooleanField(
        label="Exento de IVA", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )
    is_age_restricted = forms.BooleanField(
        label="Solo para mayores de 18",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    is_never_discounted = forms.BooleanField(
        label="Sin ofertas ni descuentos",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    takes_baes = forms.BooleanField(
        label="Se paga con tarjeta BAES",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    is_favourite = forms.BooleanField(
        label="Favorito en la caja",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )

    def __init__(self, *args: object, categories: Sequence[Category], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [("", "Elige una"), *((str(row.id), row.name) for row in categories)]
        self.fields["category_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        taxes = [
            (str(tax.code), f"{tax.name} ({percent(tax.percent)})") for tax in ADDITIONAL_TAXES
        ]
        self.fields["additional_tax_code"].choices = [("", "Ninguno"), *taxes]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_name(self) -> str:
        return _fit_for_papers(self.cleaned_data["name"], field="el nombre", limit=80)

    def clean_code(self) -> str:
        return _fit_for_papers(self.cleaned_data["code"], field="el código", limit=20)

    def clean_content(self) -> str:
        content = _fit_for_papers(self.cleaned_data["content"], field="el contenido", limit=20)
        if content and read_content(content) is None:
            raise forms.ValidationError(
                "Escribe cuánto trae, por ejemplo 400 g, 1,5 L o 6 x 350 ml."
            )
        return content

    def clean_barcodes(self) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["barcodes"].strip())))
        codes = tuple(code for code in codes if code)
        wrong = [_barcode_words(code) for code in codes]
        if any(wrong):
            raise forms.ValidationError([words for words in wrong if words])
        if len(codes) > _BARCODE_LIMIT:
            raise forms.ValidationError(f"Son muchos códigos: deja hasta {_BARCODE_LIMIT}.")
        return codes

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("code") and "barcodes" in cleaned:
            if cleaned["barcodes"]:
                cleaned["code"] = cleaned["barcodes"][0]
            else:
                self.add_error("code", "Escribe un código interno corto o un código de barra.")
        return cleaned


class ProductForm(PriceForm, ProductFactsForm):
    """A new product."""


class ProductEditForm(ProductFactsForm):
    """A product that exists; without sale, it stays in the books and leaves the tills."""

    is_active = forms.BooleanField(
        label="En venta", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )


class LabelsForm(forms.Form):
    """Which labels to print, on what; `uid` makes a second tap harmless."""

    papel = forms.CharField(max_length=40)
    uid = forms.UUIDField()

    def __init__(self, posted: QueryDict, *, waiting: Sequence[int]) -> None:
        super().__init__(posted)
        self._ticked = frozenset(posted.getlist("etiqueta"))
        self._waiting = waiting

    def copies(self) -> dict[int, int]:
        """Return request → copies of what is ticked; what waits no more is left out."""
        return {
            each: _copies(self.data.get(f"copias_{each}", "1"))
            for each in self._waiting
            if str(each) in self._ticked
        }


def _copies(text: str) -> int:
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1  # noqa: PLR2004  (three digits are plenty)
    return min(max(wanted, 1), MOST_COPIES)


class MarginRuleForm(forms.Form):
    """One category's rule; without margin it follows the general one."""

    target_percent = forms.DecimalField(
        label="Margen %",
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal(0),
        max_value=PriceRule.MOST_PERCENT,
        localize=True,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "decimal"}),
    )
    floor_percent = forms.DecimalField(
        label="Mínimo %",
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal(0),
        max_value=PriceRule.MOST_PERCENT,
        localize=True,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "decimal"}),
    )
    most_move_percent = forms.DecimalField(
        label="Pregunta desde %",
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal(1),
        max_value=Decimal(500),
        localize=True,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "decimal"}),
    )
    ending = forms.TypedChoiceField(
        label="Terminación",
        coerce=lambda value: Ending(int(value)),
        choices=[("10", "múltiplo de $10"), ("50", "múltiplo de $50"), ("90", "termina en 90")],
        widget=forms.Select(attrs={"class": "in"}),
    )

    def __init__(self, *args: object, is_general: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self._is_general = is_general
        for name in ("target_percent", "floor_percent", "most_move_percent"):
            field = self.fields[name]
            limits = "1 a 500" if name == "most_move_percent" else "0 a 95"
            words = f"Escribe un porcentaje de {limits}, por ejemplo 30."
            field.error_messages |= dict.fromkeys(
                (
                    "invalid",
                    "max_value",
                    "min_value",
                    "max_digits",
                    "max_decimal_places",
                    "max_whole_digits",
                ),
                words,
            )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        target, floor = cleaned.get("target_percent"), cleaned.get("floor_percent")
        if self.errors:
            return cleaned
        if target is None and (floor is not None or self._is_general):
            self.add_error("target_percent", "Escribe el margen que quieres, por ejemplo 30.")
        elif target is not None and (floor or 0) > target:
            self.add_error("floor_percent", "El mínimo no puede ser mayor que el margen.")
        return cleaned

    def rule(self) -> PriceRule | None:
        """Return the rule as typed; None when this category follows the general one."""
        target = self.cleaned_data["target_percent"]
        if target is None:
            return None
        return PriceRule(
            target_percent=target,
            floor_percent=self.cleaned_data["floor_percent"] or Decimal(0),
            ending=self.cleaned_data["ending"],
            most_move_percent=self.cleaned_data["most_move_percent"] or MOST_MOVE_PERCENT,
        )


def _fit_for_papers(text: str, *, field: str, limit: int) -> str:
    """Refuse here what no boleta can carry: at the till, with people waiting, it is too late."""
    try:
        return clean_text(text, field=field, limit=limit)
    except TextRefused as refusal:
        raise forms.ValidationError(refusal.message) from refusal


def _barcode_words(code: str) -> str:
    if has_gs1_form(code) and not has_right_check_digit(code):
        return WrongCheckDigit(barcode=code).message
    if not _BARCODE.fullmatch(code):
        return f"«{code[:24]}» no es un código: usa números y letras, hasta 20."
    return ""
