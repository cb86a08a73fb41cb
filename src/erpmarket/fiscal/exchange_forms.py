"""What a person brings to the exchange: a supplier's file, an answer, a customer's address."""

from typing import Final

from django import forms

from dte.sii.claim_codes import ClaimAction
from erpmarket.fiscal.actions.answer_received import ACTIONS
from erpmarket.fiscal.actions.receive_file import SIZE_LIMIT_BYTES
from erpmarket.fiscal.books_models import credit_reasons

NOTE_LIMIT: Final = 150
_WHICH_REASON: Final = "Elige de la lista por qué no da crédito."


class ReceivedFileForm(forms.Form):
    """The XML file that a supplier sent."""

    xml = forms.FileField(
        label="Archivo XML de tu proveedor",
        help_text="El que viene en su correo y termina en .xml.",
        error_messages={
            "required": "Elige el archivo .xml que te envió tu proveedor.",
            "empty": "Ese archivo está vacío. Bájalo de nuevo del correo de tu proveedor.",
            "invalid": "Elige el archivo .xml que te envió tu proveedor.",
        },
        widget=forms.FileInput(attrs={"class": "in", "accept": ".xml"}),
    )

    def name(self) -> str:
        """Give the name of a valid form's file."""
        return self._name

    def clean_xml(self) -> bytes:
        upload = self.cleaned_data["xml"]
        self._name = str(upload.name)
        return bytes(upload.read(SIZE_LIMIT_BYTES + 1))


class AnswerForm(forms.Form):
    """What to say of a received document."""

    accion = forms.ChoiceField(
        choices=[(str(action), action.meaning) for action in ACTIONS],
        error_messages={
            "required": "Elige si aceptas o reclamas.",
            "invalid_choice": "Elige si aceptas o reclamas.",
        },
    )
    nota = forms.CharField(
        required=False,
        max_length=NOTE_LIMIT,
        error_messages={"max_length": f"Escribe hasta {NOTE_LIMIT} letras."},
    )

    def action(self) -> ClaimAction:
        """Give the action of a valid form."""
        return ClaimAction.read(self.cleaned_data["accion"])


class CreditMarkForm(forms.Form):
    """Whether the VAT of a received document is credit, and why not."""

    motivo = forms.ChoiceField(
        choices=credit_reasons,
        error_messages={"required": _WHICH_REASON, "invalid_choice": _WHICH_REASON},
    )


class ExchangeForm(forms.Form):
    """The address where a customer takes electronic documents in."""

    uid = forms.UUIDField()
    correo = forms.EmailField(
        max_length=80,
        error_messages={
            "required": "Escribe el correo de intercambio de tu cliente.",
            "invalid": "Ese correo no está bien escrito: revísalo.",
        },
    )
