"""Keyset pages: fifty rows, then "Ver 50 más"."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from django import forms
from django.http import HttpRequest

PAGE_ROWS = 50


def asks_for_rows(request: HttpRequest) -> bool:
    """Tell whether htmx asks for the next rows only; the same address opened is a whole page."""
    return request.headers.get("HX-Target") == "more"


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=_HasId)


class BeforeForm(forms.Form):
    """Where the next rows of a list begin."""

    antes = forms.IntegerField(required=False, min_value=1)


def cut_page(found: Sequence[Row]) -> tuple[Sequence[Row], int | None]:
    """Cut PAGE_ROWS rows off a list read with one row more; the id continues, None at the end."""
    shown = found[:PAGE_ROWS]
    return shown, shown[-1].id if len(found) > PAGE_ROWS else None
