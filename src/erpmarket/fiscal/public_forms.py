"""What a customer copies from a paper to find it."""

from typing import Final

from django import forms

from dte.codes import DocumentType
from dte.errors import DteError
from dte.rut import Rut
from erpmarket.fiscal.public_queries import PaperFacts
from erpmarket.ui.fields import PesosField

KINDS: Final = tuple(
    (kind.value, kind.title)
    for kind in (
        DocumentType.BOLETA,
        DocumentType.BOLETA_EXENTA,
        DocumentType.FACTURA,
        DocumentType.FACTURA_EXENTA,
        DocumentType.NOTA_CREDITO,
        DocumentType.NOTA_DEBITO,
        DocumentType.GUIA,
    )
)
_FOLIO_DIGITS: Final = 10
_BOX: Final = {"class": "in", "autocomplete": "off"}
_NUMBERS: Final = {**_BOX, "inputmode": "numeric"}


class LookupForm(forms.Form):
    """The five facts of a paper; all are needed."""

    rut = forms.CharField(
        label="RUT de la tienda",
        max_length=14,
        widget=forms.TextInput(attrs={**_BOX, "placeholder": "76.123.456-7"}),
        error_messages={"required": "Escribe el RUT que sale arriba en tu boleta."},
    )
    tipo = forms.TypedChoiceField(
        label="Tipo de documento",
        coerce=int,
        choices=KINDS,
        widget=forms.Select(attrs={"class": "in"}),
    )
    folio = forms.CharField(
        label="Número (folio)",
        max_length=14,
        widget=forms.TextInput(attrs=_NUMBERS),
        error_messages={"required": "Escribe el número que va después de N°."},
    )
    fecha = forms.DateField(
        label="Fecha",
        input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={**_BOX, "type": "date"}),
        error_messages={
            "required": "Elige la fecha de tu boleta.",
            "invalid": "Escribe la fecha así: 20-11-2026.",
        },
    )
    monto = PesosField(
        label="Total",
        widget=forms.TextInput(attrs=_NUMBERS),
        error_messages={"required": "Escribe el TOTAL de tu boleta, sin el redondeo."},
    )

    def clean_rut(self) -> str:
        try:
            return str(Rut.parse(self.cleaned_data["rut"]))
        except DteError as error:
            raise forms.ValidationError(
                "Ese RUT no está bien escrito. Cópialo de tu boleta, con su dígito verificador."
            ) from error

    def clean_folio(self) -> int:
        digits = self.cleaned_data["folio"].replace(".", "").strip()
        right = digits.isascii() and digits.isdecimal() and len(digits) <= _FOLIO_DIGITS
        if not right or int(digits) == 0:
            raise forms.ValidationError("El folio es un número, por ejemplo 58.445.")
        return int(digits)

    def wanted(self) -> PaperFacts:
        """Give the facts of a valid form."""
        chosen = self.cleaned_data
        return PaperFacts(
            rut=chosen["rut"],
            kind=chosen["tipo"],
            folio=chosen["folio"],
            day=chosen["fecha"],
            total_clp=chosen["monto"],
        )
