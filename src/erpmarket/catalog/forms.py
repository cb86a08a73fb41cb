"""What a person types about a product."""

import re
from collections.abc import Sequence

from django import forms

from dte.errors import TextRefused
from dte.text import clean_text
from erpmarket.catalog.actions import PRICE_LIMIT_CLP, BadPrice, WrongCheckDigit
from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit
from erpmarket.catalog.models import Category, Unit
from erpmarket.ui.fields import PesosField

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


class ProductForm(PriceForm):
    """A new product; everything the till needs to sell it."""

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
    is_exempt = forms.BooleanField(
        label="Exento de IVA", required=False, widget=forms.CheckboxInput(attrs={"class": "box"})
    )

    def __init__(self, *args: object, categories: Sequence[Category], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [("", "Elige una"), *((str(row.id), row.name) for row in categories)]
        self.fields["category_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.order_fields(
            ["name", "price_clp", "unit", "category_id", "barcodes", "code", "plu", "is_exempt"]
        )

    def clean_name(self) -> str:
        return _fit_for_papers(self.cleaned_data["name"], field="el nombre", limit=80)

    def clean_code(self) -> str:
        return _fit_for_papers(self.cleaned_data["code"], field="el código", limit=20)

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
