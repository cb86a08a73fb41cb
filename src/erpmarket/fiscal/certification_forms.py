"""What a person brings to the certification: the SII's files, folios, and its answers."""

import re
from datetime import date
from typing import Final

from django import forms
from django.core.files.uploadedfile import UploadedFile

from dte.certification.set_text import MAX_BYTES
from erpmarket.fiscal.actions.certify_carriage import Carriage
from erpmarket.fiscal.actions.certify_files import SOURCE_LIMIT_BYTES
from erpmarket.fiscal.actions.load_caf import SIZE_LIMIT_BYTES as CAF_LIMIT_BYTES
from erpmarket.fiscal.certification_models import StageVerdict
from erpmarket.fiscal.trade_forms import RutField, text_field

# The plates of Chile: cars new and old, then motorcycles new and old.
_PLATE: Final = re.compile(r"[A-Z]{4}[0-9]{2}|[A-Z]{2}[0-9]{4}|[A-Z]{3}[0-9]{2,3}|[A-Z]{2}[0-9]{3}")
_BETWEEN: Final = re.compile(r"[ .·-]")


def _file(*, label: str, help_text: str, accept: str, missing: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text=help_text,
        error_messages={
            "required": missing,
            "empty": "Ese archivo está vacío. Descárgalo de nuevo del SII.",
            "invalid": missing,
        },
        widget=forms.FileInput(attrs={"class": "in", "accept": accept}),
    )


def _read(upload: "UploadedFile[bytes]", limit_bytes: int) -> bytes:
    """Read no more than one byte over the limit: the action says that it is too large."""
    return bytes(upload.read(limit_bytes + 1))


class StartForm(forms.Form):
    """The day of the certification's resolution, for who already has another."""

    resolucion = forms.DateField(
        label="Fecha de resolución de certificación",
        help_text="La que muestra el SII al postular, en el sitio de certificación.",
        required=False,
        error_messages={
            "required": "Escribe la fecha que muestra el sitio de certificación del SII.",
            "invalid": "Escribe la fecha así: 20-11-2026.",
        },
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        widget=forms.DateInput(attrs={"class": "in", "type": "date"}),
    )

    def __init__(self, *args: object, asks_day: bool, **keywords: object) -> None:
        super().__init__(*args, **keywords)  # type: ignore[arg-type]  # Django's own arguments
        self.fields["resolucion"].required = asks_day
        self._asks_day = asks_day

    def resolution_date(self) -> date | None:
        """Give the day of a valid form; None when the company's own counts."""
        found: date | None = self.cleaned_data["resolucion"]
        return found if self._asks_day else None


class TestSetForm(forms.Form):
    """The text file with the cases."""

    # pytest would take the name for a test.
    __test__ = False

    set = _file(
        label="Set de pruebas",
        help_text="El archivo .txt que el SII te entrega al generar el set, sin abrirlo ni"
        " guardarlo con otro programa.",
        accept=".txt,text/plain",
        missing="Elige el archivo .txt que te entregó el SII.",
    )

    def name(self) -> str:
        """Give the name of a valid form's file."""
        return self._name

    def clean_set(self) -> bytes:
        upload = self.cleaned_data["set"]
        self._name = str(upload.name)
        return _read(upload, MAX_BYTES)


class CertificationCafForm(forms.Form):
    """A file of folios of the certification site."""

    caf = _file(
        label="Folios de certificación",
        help_text="El XML que el sitio de certificación te da por cada tipo de documento.",
        accept=".xml",
        missing="Elige el archivo .xml de folios.",
    )

    def clean_caf(self) -> bytes:
        return _read(self.cleaned_data["caf"], CAF_LIMIT_BYTES)


class SourceForm(forms.Form):
    """The envelope that the SII wants answered."""

    envio = _file(
        label="Envío del SII",
        help_text="El XML que descargas en la etapa de intercambio.",
        accept=".xml",
        missing="Elige el archivo .xml que te dio el SII para el intercambio.",
    )

    def name(self) -> str:
        """Give the name of a valid form's file."""
        return self._name

    def clean_envio(self) -> bytes:
        upload = self.cleaned_data["envio"]
        self._name = str(upload.name)
        return _read(upload, SOURCE_LIMIT_BYTES)


class CarriageForm(forms.Form):
    """In what vehicle the goods of the certification go, and who drives it."""

    patente = text_field("Patente", 10, help_text="Como está en la placa: BBCL23 o AB1234.")
    rut = RutField(
        label="RUT de quien maneja", error_messages={"required": "Falta el RUT de quien maneja."}
    )
    nombre = text_field("Nombre de quien maneja", 30)

    def clean_patente(self) -> str:
        plate = _BETWEEN.sub("", self.cleaned_data["patente"]).upper()
        if not _PLATE.fullmatch(plate):
            raise forms.ValidationError(
                "Esa patente no existe: son cuatro letras y dos números (BBCL23), dos letras y"
                " cuatro números (AB1234), o la de una moto (ABC12)."
            )
        return plate

    def carriage(self) -> Carriage:
        """Give what a valid form says."""
        found = self.cleaned_data
        return Carriage(
            plate=found["patente"], driver=found["rut"], driver_name=found["nombre"].strip()
        )


class VerdictForm(forms.Form):
    """What the SII's mail said."""

    respuesta = forms.ChoiceField(
        choices=StageVerdict.choices,
        error_messages={
            "required": "Elige si el SII aprobó o rechazó.",
            "invalid_choice": "Elige si el SII aprobó o rechazó.",
        },
    )
    dicho = forms.CharField(required=False, max_length=500)
