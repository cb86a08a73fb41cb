"""What a person asks of the books: a month, and what to narrow it to."""

import re
from datetime import date
from typing import Final

from django import forms

from erpmarket.fiscal.books_queries import BookBy, BookMark, BookPeriod
from erpmarket.ui.fields import PesosField
from erpmarket.ui.formats import month_words

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_MARK: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})", re.ASCII)
_DECEMBER: Final = 12
FIRST_YEAR: Final = 2003
LAST_YEAR: Final = 2200
DOCUMENTS: Final = "documentos"


class MonthField(forms.Field):
    """A month as browsers write it: `2026-11`; its first day."""

    def to_python(self, value: object) -> date | None:
        text = str(value or "").strip()
        if not text:
            return None
        match = _MONTH.fullmatch(text)
        wrong = forms.ValidationError("Escribe el mes así: 2026-11.", code="month")
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise wrong
        try:
            return date(int(match[1]), int(match[2]), 1)
        except ValueError as error:
            raise wrong from error


class MonthForm(forms.Form):
    """One month; the running one when nothing is asked."""

    mes = MonthField(required=False)


class CreditForm(MonthForm):
    """A month, and a type of received document."""

    tipo = forms.IntegerField(required=False, min_value=1, max_value=999)


class BookForm(MonthForm):
    """A month, how to sum it, and a branch, type or day; all may be absent."""

    por = forms.ChoiceField(
        required=False, choices=[(by.value, by.value) for by in BookBy] + [(DOCUMENTS, DOCUMENTS)]
    )
    tipo = forms.IntegerField(required=False, min_value=1, max_value=999)
    local = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    dia = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    rechazados = forms.BooleanField(required=False)
    despues = forms.CharField(required=False, max_length=40)

    def clean_despues(self) -> BookMark | None:
        match = _MARK.fullmatch(self.cleaned_data["despues"])
        if match is None:
            return None
        try:
            return BookMark(day=date.fromisoformat(match[1]), id=int(match[2]))
        except ValueError:
            return None

    def wanted(self, environment: str, *, today: date) -> BookPeriod:
        """Give the period of a valid form: its day, its month, or the year by months."""
        facts = self.cleaned_data
        month = facts["mes"] or today.replace(day=1)
        first, until = month, next_month(month)
        if facts["dia"] and facts["por"] == DOCUMENTS:
            first, until = facts["dia"], date.fromordinal(facts["dia"].toordinal() + 1)
        elif facts["por"] == BookBy.MONTH:
            first, until = date(month.year, 1, 1), date(month.year + 1, 1, 1)
        return BookPeriod(
            environment=environment,
            first=first,
            until=until,
            branch_id=facts["local"],
            kind=facts["tipo"],
        )


def next_month(first: date) -> date:
    """Return the first day of the next month."""
    if first.month == _DECEMBER:
        return date(first.year + 1, 1, 1)
    return date(first.year, first.month + 1, 1)


def period_words(period: BookPeriod) -> str:
    """Name a period: `noviembre de 2026`, `2026`, or its day."""
    if period.until == next_month(period.first):
        return month_words(period.first)
    if (period.until - period.first).days == 1:
        return f"{period.first:%d-%m-%Y}"
    return str(period.first.year)


class ArchiveForm(forms.Form):
    """The months of an archive, both included."""

    desde = MonthField(
        label="Desde",
        widget=forms.TextInput(attrs={"class": "in", "type": "month"}),
        error_messages={"required": "Elige el primer mes."},
    )
    hasta = MonthField(
        label="Hasta",
        widget=forms.TextInput(attrs={"class": "in", "type": "month"}),
        error_messages={"required": "Elige el último mes."},
    )

    def clean(self) -> dict[str, object]:
        facts = self.cleaned_data
        first, last = facts.get("desde"), facts.get("hasta")
        if first and last and last < first:
            self.add_error("hasta", "El último mes no puede ser anterior al primero.")
        return facts


class CarriedForm(forms.Form):
    """What the month before left over."""

    carried = PesosField(
        label="Remanente del mes anterior",
        help_text="El código 77 de tu F29 anterior. Si no quedó nada, escribe 0.",
        error_messages={"required": "Escribe el remanente, o 0 si no quedó nada."},
    )
