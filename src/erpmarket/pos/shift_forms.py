"""What people type about a shift: its end, who approves, why it differs, what a day is."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from django import forms
from django.http import QueryDict

from erpmarket.accounts.queries import Cashier
from erpmarket.pos.shift_counts import DENOMINATIONS, MOST_PIECES, sum_counts_clp
from erpmarket.pos.shift_models import DeedKind
from erpmarket.ui.fields import PesosField

_PIN_WORDS = {"required": "Escribe tu PIN.", "min_length": "El PIN tiene 4 a 6 números."}
_CHOOSE = {"required": "Elige quién.", "invalid_choice": "Elige quién."}


def _pin() -> forms.CharField:
    return forms.CharField(label="PIN", min_length=4, max_length=6, error_messages=_PIN_WORDS)


class _PeopleForm(forms.Form):
    """A form in which one field names a person of a list; each gives their own PIN."""

    person = ""

    def __init__(self, *args: Any, people: Sequence[Cashier], **kwargs: Any) -> None:  # noqa: ANN401  (Django's signature)
        super().__init__(*args, **kwargs)
        choices = [(str(each.membership_id), each.display_name) for each in people]
        self.fields[self.person].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def person_id(self) -> int | None:
        chosen = self.cleaned_data.get(self.person)
        return int(chosen) if chosen else None


class CloseShiftForm(_PeopleForm):
    """The cash that was counted at the end, whose, and by whom: the page may be older than all."""

    person = "closer"

    shift_id = forms.IntegerField()
    counted_clp = PesosField(
        label="Efectivo contado",
        error_messages={"required": "Cuenta el efectivo del cajón y escríbelo."},
    )
    closer = forms.ChoiceField(label="¿Quién cierra?", error_messages=_CHOOSE)
    pin = _pin()


class ApprovalForm(_PeopleForm):
    """Who lets the cashier see what the drawer must hold."""

    person = "approver"

    approver = forms.ChoiceField(label="¿Quién autoriza?", error_messages=_CHOOSE)
    pin = _pin()


class ReasonForm(forms.Form):
    """Why a count is not what it should be."""

    reason = forms.CharField(
        label="¿Por qué hay diferencia?",
        max_length=160,
        error_messages={"required": "Escribe qué pasó, o que no se sabe."},
    )


class RulesForm(forms.Form):
    """Above which amount a supervisor is asked, and when a day ends."""

    approval_above_clp = PesosField(
        label="PIN de quien autoriza sobre",
        error_messages={"required": "Escribe un monto; con 0 se pide siempre."},
    )
    cutoff_hour = forms.TypedChoiceField(
        label="El día termina a las",
        choices=[(str(hour), f"{hour:02}:00") for hour in range(7)],
        coerce=int,
    )

    @property
    def day_cutoff(self) -> time:
        return time(self.cleaned_data["cutoff_hour"], 0)


class PeriodForm(forms.Form):
    """From which business day to which."""

    desde = forms.DateField(required=False)
    hasta = forms.DateField(required=False)

    def days(self, *, start: date, end: date, most: int) -> tuple[date, date]:
        """Return the days asked for, at most so many; a wrong or missing one is the usual."""
        found = self.cleaned_data if self.is_valid() else {}
        last = min(found.get("hasta") or end, end)
        first = min(found.get("desde") or start, last)
        return max(first, date.fromordinal(last.toordinal() - most + 1)), last


class LogForm(PeriodForm):
    """Which deeds of the log to show."""

    que = forms.ChoiceField(
        required=False, choices=[("", "Todo"), *((kind.value, kind.label) for kind in DeedKind)]
    )
    quien = forms.IntegerField(required=False, min_value=1)
    caja = forms.IntegerField(required=False, min_value=1)


def read_pieces(posted: QueryDict, *, counted_clp: int) -> Mapping[int, int] | None:
    """Read how many of each note and coin were counted.

    None when they do not add up to what was written: who typed over the sum counted otherwise.
    """
    pieces: dict[int, int] = {}
    for value in DENOMINATIONS:
        text = posted.get(f"d{value}", "").strip()
        if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_PIECES)):
            pieces[value] = int(text)
    return pieces if pieces and sum_counts_clp(pieces) == counted_clp else None
