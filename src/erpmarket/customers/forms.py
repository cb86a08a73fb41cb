"""What people type about customers and their accounts."""
# ruff: noqa: ANN401  (Django's signatures)

from collections.abc import Sequence
from typing import Any

from django import forms

from erpmarket.customers.actions import CustomerFacts
from erpmarket.customers.models import PaidBy
from erpmarket.fiscal.trade_forms import RutField, choice, text_field
from erpmarket.ui.fields import PesosField


class CustomerSearchForm(forms.Form):
    """A name, alias, phone or RUT, who owes, and where the next rows begin."""

    q = forms.CharField(required=False, max_length=80)
    debe = forms.BooleanField(required=False)
    despues = forms.IntegerField(required=False, min_value=1)


class CustomerForm(forms.Form):
    """Who somebody is and how much they may take on credit; `uid` is the form's own."""

    # A second tap sends it twice: it is the same customer.
    uid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = text_field("Nombre", 100)
    alias = text_field("Cómo le dicen", 40, required=False)
    rut = RutField(label="RUT", required=False, help_text="Solo si le haces factura.")
    phone = text_field("Teléfono", 20, required=False)
    email = forms.EmailField(
        label="Correo",
        required=False,
        max_length=80,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
    )
    credit_limit_clp = PesosField(
        label="Fiado hasta", required=False, help_text="Vacío o $0: no se le fía."
    )
    price_list = choice("Lista de precios", (), required=False)
    notes = text_field("Notas", 300, required=False)
    is_active = forms.BooleanField(
        required=False, initial=True, widget=forms.CheckboxInput(attrs={"class": "box"})
    )

    def __init__(self, *args: Any, lists: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(row.id), row.name) for row in lists]
        self.fields["price_list"].choices = [("", "La de la caja"), *named]  # type: ignore[attr-defined]  # a ChoiceField

    def facts(self) -> CustomerFacts:
        """Give what was typed; the form is valid."""
        found = self.cleaned_data
        return CustomerFacts(
            name=found["name"],
            alias=found["alias"],
            rut="" if found["rut"] is None else str(found["rut"]),
            phone=found["phone"],
            email=found["email"],
            notes=found["notes"],
            credit_limit_clp=found["credit_limit_clp"] or 0,
            is_active=found["is_active"],
            price_list_id=int(found["price_list"]) if found["price_list"] else None,
        )


class PaymentForm(forms.Form):
    """What a customer pays, how, and into which drawer."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    amount = PesosField(label="Cuánto abona", error_messages={"required": "¿Cuánto abona?"})
    way = choice("Cómo paga", ())
    words = text_field("Nota", 120, required=False)

    def __init__(self, *args: Any, drawers: Sequence[Any], away: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tills = [
            (f"{PaidBy.CASH}:{row.till_id}", f"Efectivo, al cajón de {row.till_name}")
            for row in drawers
        ]
        others = [(str(PaidBy.TRANSFER), "Transferencia"), (str(PaidBy.CARD), "Tarjeta")]
        # A cashier's cash is counted: only who answers for the shop takes it past the drawers.
        beside = [(str(PaidBy.CASH), "Efectivo, por fuera de las cajas")] if away else []
        self.fields["way"].choices = [*tills, *others, *beside]  # type: ignore[attr-defined]  # a ChoiceField

    def means(self) -> tuple[str, int | None]:
        """Give how it is paid, and the till whose drawer takes it."""
        name, _, till_id = self.cleaned_data["way"].partition(":")
        return name, int(till_id) if till_id else None


class LoanForm(forms.Form):
    """Cash out of a drawer that a customer will owe."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    amount = PesosField(label="Cuánto le prestas", error_messages={"required": "¿Cuánto?"})
    till = choice("Sale del cajón de", ())
    words = text_field("Para qué", 120, required=False)

    def __init__(self, *args: Any, drawers: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["till"].choices = [(str(row.till_id), row.till_name) for row in drawers]  # type: ignore[attr-defined]  # a ChoiceField


class CorrectionForm(forms.Form):
    """What an account should say instead, and why."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    side = choice("Qué corriges", (("less", "Debe menos"), ("more", "Debe más")))
    amount = PesosField(label="En cuánto", error_messages={"required": "¿En cuánto?"})
    words = text_field("Motivo", 120)

    def signed_clp(self) -> int:
        """Give by how much more is owed; below zero less."""
        amount = int(self.cleaned_data["amount"])
        return amount if self.cleaned_data["side"] == "more" else -amount


class ValeSearchForm(forms.Form):
    """The code of a vale, as somebody reads it from the paper."""

    codigo = forms.CharField(required=False, max_length=20)
