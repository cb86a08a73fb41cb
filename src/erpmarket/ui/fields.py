"""Form fields that read numbers the way people in Chile write them."""

import re

from django import forms

_PESOS = re.compile(r"\$?\s*(\d{1,3}(?:\.\d{3})+|\d+)", re.ASCII)
_DIGIT_LIMIT = 12


class PesosField(forms.Field):
    """Whole pesos: `1990`, `1.990` and `$ 1.990` are the same."""

    widget = forms.TextInput

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={
                    "class": "in num",
                    "inputmode": "numeric",
                    "autocomplete": "off",
                    "data-money": True,
                }
            ),
        )
        super().__init__(**kwargs)  # type: ignore[arg-type]  # Django's own signature
        self.error_messages.setdefault("pesos", "Escribe pesos sin decimales, por ejemplo 1.990.")

    def to_python(self, value: object) -> int | None:
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        match = _PESOS.fullmatch(text)
        if match is None:
            raise forms.ValidationError(self.error_messages["pesos"], code="pesos")
        digits = match[1].replace(".", "")
        if len(digits) > _DIGIT_LIMIT:
            raise forms.ValidationError(self.error_messages["pesos"], code="pesos")
        return int(digits)
