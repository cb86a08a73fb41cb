"""How printed papers write pesos and days; the roll's own writing is `dte.blocks`."""

from datetime import date

from django import template

from dte.blocks import pesos_text
from erpmarket.ui import formats

register = template.Library()


@register.filter(is_safe=True)
def roll_pesos(amount_clp: int) -> str:
    """Write pesos as a roll shows them: `$1.413`, `-$409`."""
    return pesos_text(amount_clp)


@register.filter(is_safe=True)
def roll_pesos_signed(amount_clp: int) -> str:
    """Write a rounding as a roll shows it: `+$4`, `-$3`."""
    return pesos_text(amount_clp, signed=True)


@register.filter(is_safe=True)
def letter_pesos(amount_clp: int) -> str:
    """Write pesos as the totals of a letter page show them: `$ 357.482`, `-$ 409`."""
    return pesos_text(amount_clp).replace("$", f"${formats.NBSP}")


@register.filter(is_safe=True)
def letter_pesos_signed(amount_clp: int) -> str:
    """Write a rounding on a letter page: `+$ 4`, `-$ 3`."""
    return pesos_text(amount_clp, signed=True).replace("$", f"${formats.NBSP}")


@register.filter(is_safe=True)
def column_pesos(amount_clp: int) -> str:
    """Write pesos in a table whose column is all pesos: `357.482`, `-1.190`."""
    return pesos_text(amount_clp).replace("$", "")


@register.filter
def day_in_words(day: date) -> str:
    """Write a day as a letter does: `22 de noviembre de 2026`."""
    return f"{formats.day_long(day).split(maxsplit=1)[1]} de {day.year}"
