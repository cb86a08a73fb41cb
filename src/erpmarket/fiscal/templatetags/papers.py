"""How printed papers write pesos and days; the roll's own writing is `dte.amounts`."""

import re
from typing import Final

from django import template

from dte.amounts import pesos_text
from erpmarket.ui import formats

register = template.Library()
# About as many signs as a line of the roll holds.
ROLL_SIGNS: Final = 40
# A number and its unit read as one word: "3 L", "2,5 kg".
_NUMBER_UNIT: Final = re.compile(r"(?<=\d) (?=[^\W\d]{1,3}(?!\w))")


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
def unbroken_units(name: str) -> str:
    """Keep a number and its unit on one line when a name wraps."""
    return _NUMBER_UNIT.sub(formats.NBSP, name)


@register.filter
def roll_lines(text: str) -> list[str]:
    """Break a text too long for the roll at its dots, so that no line ends in one."""
    return text.split(" · ") if len(text) > ROLL_SIGNS else [text]
