"""What people type about a shift, and about a device that is taken off."""

from collections.abc import Sequence

from django import forms

from erpmarket.accounts.queries import Cashier
from erpmarket.ui.fields import PesosField


class OpenShiftForm(forms.Form):
    """Who opens, with which PIN, and the cash in the drawer, dots allowed: 20.000 is no 20."""

    cashier = forms.ChoiceField(label="¿Quién atiende?")
    pin = forms.CharField(
        label="PIN",
        min_length=4,
        max_length=6,
        error_messages={"required": "Escribe tu PIN.", "min_length": "El PIN tiene 4 a 6 números."},
    )
    opening_clp = PesosField(
        label="Efectivo en el cajón",
        error_messages={"required": "Cuenta el efectivo del cajón y escríbelo; puede ser 0."},
    )

    def __init__(self, *args: object, cashiers: Sequence[Cashier], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [(str(person.membership_id), person.display_name) for person in cashiers]
        self.fields["cashier"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class RevokeDeviceForm(forms.Form):
    """Why a device is taken off."""

    reason = forms.CharField(
        label="¿Qué pasó con este equipo?",
        max_length=200,
        error_messages={"required": "Escribe qué pasó: se perdió, se cambió, se echó a perder."},
    )
