"""What a person brings and says about folios."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from erpmarket.fiscal.actions.load_caf import SIZE_LIMIT_BYTES, SUPPORTED_KINDS
from erpmarket.fiscal.actions.void_folios import REASON_LIMIT
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.models import Branch

_FOLIO = {
    "required": "Escribe el folio.",
    "invalid": "El folio es un número, por ejemplo 58445.",
    "min_value": "El folio es un número desde 1.",
    "max_value": "El folio tiene 10 cifras a lo más.",
}
_FOLIO_LIMIT = 9_999_999_999


class CafForm(forms.Form):
    """A file of folios; whether its folios can be used is the action's business."""

    caf = forms.FileField(
        label="Archivo de folios (CAF)",
        help_text="El XML que bajaste del SII en «Solicitud de timbraje electrónico».",
        error_messages={
            "required": "Elige el archivo XML que bajaste del SII.",
            "empty": "Ese archivo está vacío. Bájalo de nuevo desde el SII.",
            "invalid": "Elige el archivo XML que bajaste del SII.",
        },
        widget=forms.FileInput(attrs={"class": "in", "accept": ".xml,text/xml"}),
    )
    branch: "forms.ModelChoiceField[Branch]" = forms.ModelChoiceField(
        label="¿Para qué sucursal?",
        required=False,
        queryset=None,
        empty_label="Para todas",
        help_text="Una sucursal usa primero los suyos.",
        error_messages={"invalid_choice": "Elige una de tus sucursales."},
        widget=forms.Select(attrs={"class": "in"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (Django's signature)
        super().__init__(*args, **kwargs)
        # Asked now, not at import: rows exist only inside a company's scope.
        self.fields["branch"].queryset = Branch.objects.order_by("name")  # type: ignore[attr-defined]  # it is the field above

    def clean_caf(self) -> bytes:
        upload: UploadedFile[bytes] = self.cleaned_data["caf"]
        # No more than one byte over the limit: the action says that it is too large.
        return bytes(upload.read(SIZE_LIMIT_BYTES + 1))


class VoidForm(forms.Form):
    """Folios that nobody will use, and why."""

    kind = forms.TypedChoiceField(
        label="Documento",
        coerce=int,
        choices=[(int(kind), paper_name(kind)) for kind in sorted(SUPPORTED_KINDS)],
        error_messages={
            "required": "Elige el documento.",
            "invalid_choice": "Elige el documento de la lista.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    first = forms.IntegerField(
        label="Desde el folio",
        min_value=1,
        max_value=_FOLIO_LIMIT,
        error_messages=_FOLIO,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
    )
    last = forms.IntegerField(
        label="Hasta el folio",
        min_value=1,
        max_value=_FOLIO_LIMIT,
        error_messages=_FOLIO,
        widget=forms.TextInput(attrs={"class": "in num", "inputmode": "numeric"}),
    )
    reason = forms.CharField(
        label="Motivo",
        max_length=REASON_LIMIT,
        help_text="Queda escrito con tu nombre y la hora.",
        error_messages={
            "required": "Escribe por qué se anulan.",
            "max_length": "Escríbelo en menos de 200 letras.",
        },
        widget=forms.TextInput(attrs={"class": "in"}),
    )
