"""What a person chooses about rules of law."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from django import forms

from erpmarket.fiscal.actions.choose_rules import WantedRules
from erpmarket.fiscal.office_models import LOWEST_UF_CLP

_HIGHEST_UF_CLP: Final = 100_000
_WRONG_UF: Final = "Escribe la UF como la publica el Banco Central, por ejemplo 39.727,96."
_CENT: Final = Decimal("0.01")


class RulesForm(forms.Form):
    """How strictly papers are judged, and why that was chosen."""

    identify_large_sales = forms.BooleanField(
        label="Pedir quién compra en boletas sobre 135 UF",
        required=False,
        help_text="Ley 21.713 y Res. Ex. SII 44 de 2025.",
    )
    uf = forms.CharField(
        label="UF del 31 de diciembre pasado",
        required=False,
        max_length=12,
        help_text="Déjala en blanco para usar la publicada. Sirve solo por este año.",
        error_messages={"max_length": _WRONG_UF},
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "decimal"}),
    )
    require_transport = forms.BooleanField(
        label="Exigir chofer, patente y transportista al mover mercadería",
        required=False,
        help_text="Res. Ex. SII 154 de 2025, desde el 01-05-2026.",
    )
    nota_to_consumer = forms.BooleanField(
        label="Permitir notas de boletas sin nombre",
        required=False,
        help_text="La nota va al RUT 66.666.666-6. Si el SII las rechaza, quita esta marca.",
    )
    reason = forms.CharField(
        label="Por qué lo cambias",
        max_length=200,
        help_text="Queda escrito con tu nombre y la hora.",
        error_messages={
            "required": "Escribe por qué lo cambias, por ejemplo «lo indicó la contadora».",
            "max_length": "Escríbelo en menos de 200 letras.",
        },
        widget=forms.TextInput(attrs={"class": "in"}),
    )

    def clean_uf(self) -> Decimal | None:
        """Read `39.727,96`; None when it is left blank."""
        text = self.cleaned_data["uf"].replace("$", "").replace(" ", "")
        if not text:
            return None
        try:
            value = Decimal(text.replace(".", "").replace(",", "."))
        except InvalidOperation as error:
            raise forms.ValidationError(_WRONG_UF) from error
        if not value.is_finite() or not LOWEST_UF_CLP <= value <= _HIGHEST_UF_CLP:
            raise forms.ValidationError(_WRONG_UF)
        if value != value.quantize(_CENT, rounding=ROUND_HALF_UP):
            raise forms.ValidationError(_WRONG_UF)
        return value

    def wanted(self) -> WantedRules:
        """Give the choice of a valid form."""
        found = self.cleaned_data
        return WantedRules(
            identify_large_sales=found["identify_large_sales"],
            require_transport=found["require_transport"],
            nota_to_consumer=found["nota_to_consumer"],
            uf_clp=found["uf"],
            reason=found["reason"],
        )
