"""Sheets and rolls of shelf labels as PDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from erpmarket.catalog.content import keep_pairs
from erpmarket.catalog.label_paper import LabelForm, ShelfLabel, code_modules, label_of_json
from erpmarket.ui.formats import clp

PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "catalog" / "print"
LABELS_PER_PAGE: Final = {LabelForm.LETTER: 24, LabelForm.A4: 24, LabelForm.ROLL: 1}
# White on each side of the bars, in modules. Source: GS1 General Specifications, 5.2.3.
_QUIET: Final = 11
_EAN_MODULES: Final = 95
# Letters of a price up to which each size of the style sheet fits its label.
_PRICE_SIZES: Final = ((6, "xl"), (7, "l"), (9, "m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLabel:
    """A label with its bars: `bars` are (x, width) in modules, `width` counts both quiet zones."""

    label: ShelfLabel
    name: str
    price: str
    price_size: str
    bars: tuple[tuple[int, int], ...]
    width: int

    @property
    def is_wide(self) -> bool:
        """Tell whether its code is a long one, which gets the label's whole width."""
        return self.width > _EAN_MODULES + 2 * _QUIET


def labels_pdf(rows: Sequence[Mapping[str, Any]], *, form: str) -> bytes:
    """Draw the labels of a sheet's row, each as often as its copies."""
    engine = settings.PDF_ENGINE
    sheet = import_string(f"{engine}.Sheet")(
        html=labels_html(rows, form=form),
        css=_css("labels.css") + _css(f"labels_{form}.css"),
        pictures={},
        weights=(400, 700),
    )
    pdf: bytes = import_string(f"{engine}.write_pdf")([sheet])
    return pdf


def labels_html(rows: Sequence[Mapping[str, Any]], *, form: str) -> str:
    """Lay labels out on pages, in rows of their sheet."""
    drawn: list[DrawnLabel] = []
    for row in rows:
        drawn += [_drawn(label_of_json(row))] * row["copies"]
    count = LABELS_PER_PAGE[LabelForm(form)]
    pages = [drawn[start : start + count] for start in range(0, len(drawn), count)]
    return render_to_string("catalog/print/labels.html", {"pages": pages})


def _drawn(label: ShelfLabel) -> DrawnLabel:
    modules, price = code_modules(label.code), clp(label.price_clp)
    sizes = (size for most, size in _PRICE_SIZES if len(price) <= most)
    return DrawnLabel(
        label=label,
        name=keep_pairs(label.name),
        price=price,
        price_size=next(sizes, "s"),
        bars=tuple(_runs(modules)),
        width=len(modules) + 2 * _QUIET,
    )


def _runs(modules: Sequence[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place, black in enumerate(modules):
        if black and place and modules[place - 1]:
            start, width = runs[-1]
            runs[-1] = (start, width + 1)
        elif black:
            runs.append((place + _QUIET, 1))
    return runs


@cache
def _css(name: str) -> str:
    return (PRINT_FOLDER / name).read_text(encoding="utf-8")
