"""The values of an element's children: found by name in one pass, read with one kind of refusal.

What money, folios and parties depend on is read strictly; the rest of a foreign document must not
hinder reading it, so an unknown code or a date that is none counts as not said.
"""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import NoReturn, TypeVar

from lxml import etree

from dte.errors import DteError, XmlRefused

_Value = TypeVar("_Value")

# Old software writes "1000.0" or "1990.00"; "1.000" could be a thousand and is no amount here.
_AMOUNT = re.compile(r"(-?[0-9]{1,18})(?:\.(?:0{0,2}|0{4,18}))?")
# The lexical forms of xs:decimal, in at most 18 digits on each side.
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
# xs:date may carry a zone, which a legal date does not need.
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[-+][0-9]{2}:[0-9]{2})?")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")


class Group:
    """An element's children by local name, whatever their namespace."""

    __slots__ = ("_children", "_repeated")

    def __init__(self, element: etree._Element) -> None:
        children: dict[str, etree._Element] = {}
        repeated: dict[str, list[etree._Element]] = {}
        for node in element:
            # Where files are parsed, comments are dropped and instructions refused.
            name = str(node.tag).rpartition("}")[2]
            if name in children:
                repeated.setdefault(name, [children[name]]).append(node)
            else:
                children[name] = node
        self._children = children
        self._repeated = repeated

    def element(self, name: str) -> etree._Element | None:
        """Return the only child of that name. Raises XmlRefused when there are several."""
        if name in self._repeated:
            # Two totals: one reader takes the first, another the last.
            _refuse(
                "repeated",
                f"El dato {name} viene {len(self._repeated[name])} veces en el documento.",
            )
        return self._children.get(name)

    def elements(self, name: str) -> list[etree._Element]:
        """Return all children of that name, in document order."""
        if name in self._repeated:
            return self._repeated[name]
        return [self._children[name]] if name in self._children else []

    def required_element(self, name: str) -> etree._Element:
        """Return the only child of that name. Raises XmlRefused when there is not exactly one."""
        found = self.element(name)
        if found is None:
            _refuse("bad_field", f"Al documento le falta {name}.")
        return found

    def group(self, name: str) -> "Group":
        """Return the children of a child; an absent one has none. Raises XmlRefused."""
        found = self.element(name)
        return _NOTHING if found is None else Group(found)

    def required_group(self, name: str) -> "Group":
        """Return the children of a child that must be there. Raises XmlRefused."""
        return Group(self.required_element(name))

    def groups(self, name: str) -> list["Group"]:
        """Return all children of that name, in document order."""
        return [Group(node) for node in self.elements(name)]

    def text(self, name: str) -> str:
        """Return a trimmed text, "" when absent. Raises XmlRefused."""
        # Asked some hundred times per document, mostly for what is not there.
        found = self._children.get(name)
        if found is None:
            return ""
        if self._repeated:
            found = self.required_element(name)
        return _text_of(found, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the trimmed texts of a repeated child, empty ones left out. Raises XmlRefused."""
        texts = [_text_of(node, name) for node in self.elements(name)]
        return tuple(text for text in texts if text)

    def value(self, name: str, read: Callable[[str], _Value]) -> _Value:
        """Return what `read` makes of a required child. Raises XmlRefused."""
        return _read(self.text(name), name, read)

    def optional(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        """Return what `read` makes of a child, None when absent or empty. Raises XmlRefused."""
        if name not in self._children:
            return None
        text = self.text(name)
        return _read(text, name, read) if text else None

    def lenient(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        """Return what `read` makes of a child, None when absent or not understood."""
        if name not in self._children:
            return None
        text = self.text(name)
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, DteError):
            return None


def read_amount(text: str) -> int:
    """Read pesos; a fraction of zeros is dropped. Raises ValueError.

    Source: SiiTypes_v10.xsd, MontoType and ValorType (integers of up to 18 digits); real
    documents of 2019 hold "48190822.0" in places.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:20]!r} is no amount of pesos")
    return int(match[1])


def read_decimal(text: str) -> Decimal:
    """Read a decimal number in any form of xs:decimal. Raises ValueError.

    Source: SiiTypes_v10.xsd, Dec12_6Type and PctType; older files carry more decimals.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no number")
    return Decimal(text)


def read_date(text: str) -> date:
    """Read a date, its zone dropped. Raises ValueError.

    Source: SiiTypes_v10.xsd, FechaType; EnvioBOLETA_v11.xsd, xs:date.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:20]!r} is no date")
    return date.fromisoformat(match[1])


def read_time(text: str) -> time:
    """Read a time of day. Raises ValueError. Source: SiiTypes_v10.xsd, HoraType."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no time of day")
    return time.fromisoformat(text)


def _read(text: str, name: str, read: Callable[[str], _Value]) -> _Value:
    try:
        return read(text)
    except (ValueError, DteError) as error:
        _refuse("bad_field", f"El dato {name} del documento no se entiende.", error)


def _text_of(element: etree._Element, name: str) -> str:
    if len(element):
        _refuse("bad_field", f"El dato {name} del documento trae otros datos adentro.")
    text = element.text
    return text.strip() if text else ""


def _refuse(code: str, problem: str, cause: Exception | None = None) -> NoReturn:
    raise XmlRefused(code, f"{problem} Pídelo otra vez a quien lo emitió.") from cause


_NOTHING = Group(etree.Element("nothing"))
