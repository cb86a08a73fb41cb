"""Filters and tags every template has without loading: formats of `erpmarket.ui.formats`, icons.

A filter given nothing answers a dash, so that an absent number never looks like a zero.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from erpmarket.common import clock
from erpmarket.ui import formats
from erpmarket.ui.icons import ICONS

register = template.Library()
ABSENT = "—"
_ONE: Final = Decimal(1)


def _number_filter(name: str, write: Callable[[int], str]) -> None:
    @register.filter(name, is_safe=True)
    def written(value: Decimal | int | str | None) -> str:
        return ABSENT if value in (None, "") else write(_nearest_whole(value))


def _nearest_whole(value: Decimal | int | str) -> int:
    """Round half up, as every total is: cutting off would show a peso less than is booked."""
    return int(Decimal(value).quantize(_ONE, rounding=ROUND_HALF_UP))


def _moment_filter(name: str, write: Callable[[datetime], str]) -> None:
    @register.filter(name, is_safe=True)
    def written(value: datetime | None) -> str:
        return ABSENT if not value else write(value)


_number_filter("clp", formats.clp)
_number_filter("signed_clp", formats.signed_clp)
_number_filter("whole", formats.whole)
_moment_filter("hour", formats.hour)
_moment_filter("hour_seconds", formats.hour_seconds)


def _day_filter(name: str, write: Callable[[date], str]) -> None:
    @register.filter(name, is_safe=True)
    def written(value: date | None) -> str:
        return ABSENT if not value else write(value)


_day_filter("day", formats.day)
_day_filter("day_short", formats.day_short)
_day_filter("day_long", formats.day_long)


@register.filter
def qty(value: Decimal | int | None, unit: str = "") -> str:
    """Write a quantity, with its unit when one is given: `{{ line.quantity|qty:line.unit }}`."""
    return ABSENT if value is None or value == "" else formats.quantity(Decimal(value), unit)


@register.filter
def signed_qty(value: Decimal | int | None, unit: str = "") -> str:
    """Write a movement of stock with its sign."""
    return ABSENT if value is None or value == "" else formats.signed_quantity(Decimal(value), unit)


@register.filter
def unit_cost(value: Decimal | None) -> str:
    """Write an average cost with at most one decimal."""
    return ABSENT if value is None or value == "" else formats.unit_cost(Decimal(value))


@register.filter
def percent(value: Decimal | int | None) -> str:
    """Write a percentage given as percent."""
    return ABSENT if value is None or value == "" else formats.percent(Decimal(value))


@register.filter
def rut(value: object) -> str:
    """Write a RUT with dots and dash."""
    return ABSENT if not value else formats.rut(str(value))


@register.filter
def age(value: datetime | None) -> str:
    """Say how long ago, up to a day; then the day."""
    return ABSENT if not value else formats.age(value, clock.now())


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one line icon; it never stands without its word, so screen readers skip it."""
    paths = format_html_join("", '<path d="{}"/>', ((path,) for path in ICONS[name]))
    return format_html('<svg class="ic" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', paths)


@register.inclusion_tag("ui/_chip.html")
def chip(tone: str, words: str, shape: str = "") -> dict[str, str]:
    """Say the state of one thing in one to four words; tones: ok, warn, danger, info, plain."""
    return {"tone": tone, "words": words, "shape": shape}
