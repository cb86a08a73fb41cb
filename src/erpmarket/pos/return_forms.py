"""What a clerk says of goods that come back."""
# ruff: noqa: ANN401  (Django's signatures)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from erpmarket.accounts.queries import Cashier
from erpmarket.fiscal.trade_forms import NumberField, choice, text_field
from erpmarket.pos.actions.return_sale import BackPart
from erpmarket.pos.models import SaleLine
from erpmarket.pos.queries import TillCard


class ReturnForm(forms.Form):
    """Why, from which drawer, and who approves it when the clerk may not alone."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    reason = text_field("Motivo", 90)
    goods_back = forms.BooleanField(
        label="Los productos vuelven al stock",
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    as_vale = forms.BooleanField(
        label="Se lleva un vale en vez de plata",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "box"}),
    )
    till = choice("El efectivo sale de", (), required=False)

    def __init__(
        self,
        *args: Any,
        tills: Sequence[TillCard],
        approvers: Sequence[Cashier] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        opened = [(str(till.id), till.name) for till in tills if till.shift_opened_at]
        # Only who may issue papers pays from outside a drawer: a cashier's money is counted.
        away = [("", "Ninguna caja: lo pago por fuera")] if approvers is None else []
        self.fields["till"].choices = [*opened, *away]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["till"].required = approvers is not None
        if approvers is not None:
            _ask_approval(self, approvers)


class ValePaperForm(forms.Form):
    """Which vale goes on which till's printer."""

    vale = forms.UUIDField()
    caja = forms.IntegerField(min_value=1)


class ApprovalForm(forms.Form):
    """Who approves what the clerk may not do alone; nothing is asked of who may."""

    def __init__(self, *args: Any, approvers: Sequence[Cashier] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if approvers is not None:
            _ask_approval(self, approvers)


def _ask_approval(form: forms.Form, approvers: Sequence[Cashier]) -> None:
    people = [(str(person.membership_id), person.display_name) for person in approvers]
    form.fields["approver"] = choice("Autoriza", people)
    form.fields["pin"] = forms.CharField(
        label="Su PIN",
        min_length=4,
        max_length=6,
        error_messages={"required": "Pide su PIN a quien autoriza."},
        widget=forms.PasswordInput(
            attrs={"class": "in", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )


@dataclass(slots=True, kw_only=True)
class ReturnRow:
    """One line of the sale on the page, with what is left of it."""

    position: int
    name: str
    unit: str
    amount_clp: int
    left: Decimal
    form: "QuantityForm"

    @property
    def field(self) -> forms.BoundField:
        """The box where the quantity is typed."""
        return self.form["quantity"]


class QuantityForm(forms.Form):
    """How much of a line comes back; blank is none."""

    quantity = NumberField(label="Cuánto vuelve", required=False)


def return_rows(
    lines: Sequence[SaleLine],
    returned: Mapping[int, Decimal],
    data: Mapping[str, Any] | None,
) -> list[ReturnRow]:
    """Give a row for each line of a sale."""
    return [
        ReturnRow(
            position=line.position,
            name=line.product.name,
            unit=line.product.unit,
            amount_clp=line.amount_clp,
            left=line.quantity - returned.get(line.position, Decimal(0)),
            form=QuantityForm(data, prefix=f"p{line.position}"),
        )
        for line in lines
    ]


def back_parts(rows: Sequence[ReturnRow]) -> tuple[BackPart, ...]:
    """Give what was chosen of valid rows."""
    return tuple(
        BackPart(position=row.position, quantity=row.form.cleaned_data["quantity"])
        for row in rows
        if row.form.cleaned_data["quantity"]
    )
