"""What a person brings and answers about suppliers' electronic papers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from django import forms

from erpmarket.purchasing.dte_sheet import NO_ANSWER, Answer, Mode
from erpmarket.ui.fields import PesosField

_NAME_LIMIT: Final = 80
_BARCODE: Final = re.compile(r"[0-9A-Za-z.\-]{0,20}")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_MOST_DIGITS: Final = 15
_YES: Final = re.compile(r"si-(\d{1,4})")


class DteForm(forms.Form):
    """What is said once for the whole paper."""

    bodega = forms.TypedChoiceField(
        label="Entra a",
        coerce=int,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": "Esa bodega ya no está. Elige otra."},
        widget=forms.Select(attrs={"class": "in"}),
    )
    flete = PesosField(
        label="Flete pagado aparte, neto",
        required=False,
        help_text="Se reparte en el costo.",
    )
    desde = forms.DateTimeField(
        label="Precios desde",
        required=False,
        help_text="Vacío: desde ahora.",
        error_messages={"invalid": "Escribe el día y la hora, por ejemplo 25-11-2026 08:00."},
        input_formats=["%Y-%m-%dT%H:%M", "%d-%m-%Y %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"class": "in", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(
        self, *args: object, places: Sequence[tuple[int, str]], at: datetime, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self.fields["bodega"].choices = list(places)  # type: ignore[attr-defined]  # a ChoiceField
        self._places = places
        self._at = at

    def clean_desde(self) -> datetime | None:
        desde: datetime | None = self.cleaned_data["desde"]
        if desde is not None and desde <= self._at:
            raise forms.ValidationError("Esa hora ya pasó. Elige una que venga, o deja vacío.")
        return desde

    def warehouse_id(self) -> int:
        """Give the warehouse of a valid form; the first one when nothing was chosen."""
        return int(self.cleaned_data.get("bodega") or self._places[0][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswers:
    """Answers out of a posted page, and by line what could not be read."""

    answers: Mapping[int, Answer]
    problems: Mapping[int, str] = field(default_factory=dict)


def read_answers(
    posted: Mapping[str, str], positions: Sequence[int], *, is_final: bool
) -> ReadAnswers:
    """Read the answers of a page, `l<position>-<name>` each.

    What stands as it was proposed is no answer yet and may change with the others, unless the
    paper is received now: then what was seen counts.
    """
    answers, problems = {}, {}
    for position in positions:
        answer, problem = _read_line(_Line(posted, position), is_final=is_final)
        answers[position] = answer
        if problem:
            problems[position] = problem
    yes = _YES.fullmatch(posted.get("accion", ""))
    if yes and int(yes[1]) in answers:
        position = int(yes[1])
        product_id = _Line(posted, position).whole("liked")
        if product_id is not None:
            answers[position] = replace(answers[position], mode=Mode.PRODUCT, product_id=product_id)
    return ReadAnswers(answers=answers, problems=problems)


class _Line:
    """The fields of one line."""

    def __init__(self, posted: Mapping[str, str], position: int) -> None:
        self._posted = posted
        self._start = f"l{position}-"

    def text(self, name: str) -> str:
        return self._posted.get(f"{self._start}{name}", "").strip()

    def whole(self, name: str) -> int | None:
        text = self.text(name)
        return (
            int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
        )

    def has(self, name: str) -> bool:
        return f"{self._start}{name}" in self._posted


def _read_line(line: _Line, *, is_final: bool) -> tuple[Answer, str]:
    mode, product_id = _read_pick(line.text("pick"))
    if mode is None:
        return replace(NO_ANSWER, search=line.text("search")[:_NAME_LIMIT]), ""
    try:
        packs = read_quantity(line.text("packs"))
        units = read_quantity(line.text("units"))
        price_clp = PesosField(required=False).clean(line.text("price"))
    except (ValueError, forms.ValidationError):
        return (
            Answer(mode=mode, product_id=product_id),
            "Escribe las cantidades y el precio con números, por ejemplo 12 o 1.990.",
        )
    barcode = line.text("barcode")
    answer = Answer(
        mode=mode,
        product_id=product_id,
        packs=packs,
        units=units if is_final or line.text("units") != line.text("autounits") else None,
        price_clp=price_clp if is_final or line.text("price") != line.text("autoprice") else None,
        is_ticked=_read_tick(line, is_final=is_final),
        name=line.text("name")[:_NAME_LIMIT],
        category_id=line.whole("category"),
        barcode=barcode if line.has("barcode") and _BARCODE.fullmatch(barcode) else None,
        search=line.text("search")[:_NAME_LIMIT],
    )
    return answer, ""


def _read_pick(text: str) -> tuple[Mode | None, int | None]:
    name, _, number = text.partition(":")
    if name == Mode.PRODUCT and number.isascii() and number.isdigit():
        return (Mode.PRODUCT, int(number)) if len(number) <= _MOST_DIGITS else (None, None)
    if name in {Mode.NEW, Mode.FREIGHT, Mode.IGNORE} and not number:
        return Mode(name), None
    return None, None


def _read_tick(line: _Line, *, is_final: bool) -> bool | None:
    if not line.has("autotick"):
        return None
    is_ticked = line.has("tick")
    return is_ticked if is_final or is_ticked != (line.text("autotick") == "1") else None


def read_quantity(text: str) -> Decimal | None:
    """Read a count as people write it: `12`, `1.250`, `2,5`. Raises ValueError."""
    if not text:
        return None
    plain = text.replace(".", "") if _THOUSANDS.fullmatch(text.partition(",")[0]) else text
    try:
        number = Decimal(plain.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not number.is_finite() or number < 0 or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(text)
    return number
