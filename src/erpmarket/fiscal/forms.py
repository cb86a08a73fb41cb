"""What a person asks of the papers, and the files they bring."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from dte.rut import InvalidRut, Rut
from erpmarket.fiscal.actions.store_certificate import SIZE_LIMIT_BYTES as PFX_LIMIT_BYTES
from erpmarket.fiscal.models import SubmissionState
from erpmarket.fiscal.office_queries import DocumentFilter
from erpmarket.fiscal.words import ISSUED_KINDS, paper_name
from erpmarket.tenancy.models import Branch
from erpmarket.ui.paging import BeforeForm

# Word of the filter in the address → the states it means.
STATE_FILTERS: Final = {
    "en-camino": (
        SubmissionState.PENDING,
        SubmissionState.SIGNED,
        SubmissionState.SENT,
        SubmissionState.UNKNOWN,
    ),
    "por-corregir": (SubmissionState.REJECTED,),
    "con-reparos": (SubmissionState.ACCEPTED_WITH_REMARKS,),
    "aceptadas": (SubmissionState.ACCEPTED,),
}
KINDS: Final = tuple((str(int(kind)), paper_name(kind)) for kind in ISSUED_KINDS)
# What a filter of the list may say, in the order that a saved one keeps.
FILTER_WORDS: Final = ("estado", "tipo", "desde", "hasta", "dia", "sucursal", "folio", "cliente")
FILTER_LIMIT: Final = 300
_FOLIO_DIGITS: Final = 10
_LIKE_A_RUT: Final = re.compile(r"[0-9][0-9. ]{5,}-?\s*[0-9kK]")


def _day_of_address() -> forms.DateField:
    return forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={"invalid": "Escribe el día así: 20-11-2026."},
    )


class DocumentFilterForm(BeforeForm):
    """State, type, days, branch, folio and buyer of papers; all may be absent."""

    estado = forms.ChoiceField(
        required=False, choices=[("", ""), *((word, word) for word in STATE_FILTERS)]
    )
    tipo = forms.TypedChoiceField(
        required=False, choices=[("", "Todos los tipos"), *KINDS], coerce=int, empty_value=None
    )
    desde = _day_of_address()
    hasta = _day_of_address()
    # A day of the book: the same as from that day to that day.
    dia = _day_of_address()
    sucursal = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    folio = forms.CharField(required=False, max_length=20)
    cliente = forms.CharField(required=False, max_length=100)

    def __init__(self, *args: Any, branches: Sequence[Branch], **kwargs: Any) -> None:  # noqa: ANN401  (Django's signature)
        super().__init__(*args, **kwargs)
        field = self.fields["sucursal"]
        assert isinstance(field, forms.TypedChoiceField), "it is the field above"
        field.choices = [("", "Todas las sucursales"), *((row.id, row.name) for row in branches)]

    def clean_folio(self) -> int | None:
        digits = self.cleaned_data["folio"].replace(".", "").strip()
        if not digits:
            return None
        if not digits.isdecimal() or len(digits) > _FOLIO_DIGITS:
            raise forms.ValidationError("El folio es un número, por ejemplo 58.445.")
        return int(digits)

    def clean_cliente(self) -> str:
        """Give a RUT as it is stored, or part of a name as it was typed."""
        text: str = self.cleaned_data["cliente"].strip()
        if not _LIKE_A_RUT.fullmatch(text):
            return text
        try:
            return str(Rut.parse(text.replace(".", "").replace(" ", "")))
        except InvalidRut as error:
            raise forms.ValidationError("Ese RUT no existe: revisa el último dígito.") from error

    def wanted(self) -> DocumentFilter:
        """Give the filter of a valid form."""
        buyer = self.cleaned_data["cliente"]
        is_rut = _LIKE_A_RUT.fullmatch(buyer) is not None
        day = self.cleaned_data["dia"]
        return DocumentFilter(
            states=STATE_FILTERS.get(self.cleaned_data["estado"], ()),
            kind=self.cleaned_data["tipo"],
            first_day=self.cleaned_data["desde"] or day,
            last_day=self.cleaned_data["hasta"] or day,
            branch_id=self.cleaned_data["sucursal"],
            folio=self.cleaned_data["folio"],
            receiver_rut=buyer if is_rut else "",
            receiver_name="" if is_rut else buyer,
        )


class SavedFilterForm(forms.Form):
    """The name of a filter, and the filter as the address says it."""

    nombre = forms.CharField(
        max_length=40,
        error_messages={
            "required": "Ponle un nombre al filtro.",
            "max_length": "Ponle un nombre de hasta 40 letras.",
        },
    )
    filtro = forms.CharField(
        max_length=FILTER_LIMIT,
        error_messages={
            "required": "Elige primero qué documentos quieres ver.",
            "max_length": "Ese filtro es demasiado largo: busca con menos letras.",
        },
    )

    def clean_filtro(self) -> str:
        """Keep only what this list can be narrowed by, in one order."""
        given = QueryDict(self.cleaned_data["filtro"])
        kept = {word: given[word] for word in FILTER_WORDS if given.get(word)}
        if not kept:
            raise forms.ValidationError("Elige primero qué documentos quieres ver.")
        return urlencode(kept)


class CertificateForm(forms.Form):
    """A signing certificate with the password that opens it."""

    pfx = forms.FileField(
        label="Certificado digital",
        help_text="El archivo .pfx o .p12 que te dio quien te lo vendió.",
        error_messages={
            "required": "Elige el archivo .pfx o .p12 de tu certificado.",
            "empty": "Ese archivo está vacío. Expórtalo de nuevo.",
            "invalid": "Elige el archivo .pfx o .p12 de tu certificado.",
        },
        widget=forms.FileInput(attrs={"class": "in", "accept": ".pfx,.p12"}),
    )
    password = forms.CharField(
        label="Clave del certificado",
        max_length=200,
        strip=False,
        help_text="Queda cifrada; aquí no se vuelve a mostrar.",
        error_messages={"required": "Escribe la clave del certificado."},
        widget=forms.PasswordInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def clean_pfx(self) -> bytes:
        return _read(self.cleaned_data["pfx"], PFX_LIMIT_BYTES)


def _read(upload: "UploadedFile[bytes]", limit_bytes: int) -> bytes:
    """Read no more than one byte over the limit: the action says that it is too large."""
    return bytes(upload.read(limit_bytes + 1))
