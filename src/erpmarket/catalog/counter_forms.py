"""What a person says of scale labels and of the hours of alcohol."""

from decimal import Decimal
from typing import Any

from django import forms

from erpmarket.catalog.barcodes import has_right_check_digit
from erpmarket.catalog.scale_labels import LabelKind

_EAN13 = 13
_MOST_VALUE = 999_999
_IN = {"class": "in"}


def _hour(label: str) -> forms.TimeField:
    widget = forms.TimeInput(attrs=_IN | {"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget)


class ScanLabelForm(forms.Form):
    """A label's code, and what is printed on it for people."""

    code = forms.CharField(
        label="Escanea una etiqueta de la balanza",
        max_length=20,
        widget=forms.TextInput(attrs=_IN | {"autofocus": True, "inputmode": "numeric"}),
    )
    kind = forms.ChoiceField(
        label="¿Qué lleva el código?",
        choices=LabelKind.choices,
        widget=forms.Select(attrs=_IN),
        help_text="Si no lo sabes, prueba primero con el peso y después con el precio.",
    )
    value = forms.CharField(
        label="¿Qué peso, precio o cantidad dice el papel?",
        max_length=12,
        widget=forms.TextInput(attrs=_IN | {"inputmode": "decimal"}),
        help_text="El peso en kilos con coma (0,455), el precio en pesos (1.700).",
    )

    def clean_code(self) -> str:
        """Return the thirteen digits."""
        code: str = self.cleaned_data["code"].strip()
        if len(code) != _EAN13 or not has_right_check_digit(code) or not code.startswith("2"):
            raise forms.ValidationError(
                "Eso no es una etiqueta de balanza: son 13 dígitos que empiezan con 2."
                " Escanéala de nuevo."
            )
        return code

    def clean(self) -> dict[str, Any]:
        """Bring the value to grams, pesos or units."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "value" in cleaned and "kind" in cleaned:
            read = _value(cleaned["value"], LabelKind(cleaned["kind"]))
            if read is None:
                words = "Escribe solo el número que dice el papel."
                raise forms.ValidationError({"value": words})
            cleaned["value"] = read
        return cleaned


def _value(text: str, kind: LabelKind) -> int | None:
    plain = text.strip().lstrip("$").strip()
    if kind is not LabelKind.WEIGHT:
        digits = plain.replace(".", "")
        is_right = digits.isascii() and digits.isdecimal() and 0 < int(digits) <= _MOST_VALUE
        return int(digits) if is_right else None
    kilos, _, grams = plain.replace(".", ",").partition(",")
    if not (kilos or "0").isdecimal() or not (grams or "0").isdecimal() or len(grams) > 3:  # noqa: PLR2004  (grams)
        return None
    value = int(Decimal(f"{kilos or 0}.{grams or 0}") * 1000)
    return value if 0 < value <= _MOST_VALUE else None


class AlcoholHoursForm(forms.Form):
    """From when until when alcohol is sold."""

    opens = _hour("Se vende desde las")
    until = _hour("Hasta las (de la madrugada)")
    saturday_until = _hour("La madrugada del sábado, hasta las")

    def clean(self) -> dict[str, Any]:
        """Check that both ends are in the small hours, before the opening."""
        cleaned: dict[str, Any] = super().clean() or {}
        opens = cleaned.get("opens")
        for name in ("until", "saturday_until"):
            if opens and cleaned.get(name) and cleaned[name] >= opens:
                self.add_error(name, "Es la hora de la madrugada en que se deja de vender.")
        return cleaned
