"""Read the fields of small files that others wrote; a wrong one is named in the refusal."""

from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from dte.errors import DteError, XmlRefused
from dte.xml.parse import child, child_text

_Value = TypeVar("_Value")


def find_field(parent: etree._Element, name: str) -> etree._Element:
    """Return the child of that local name. Raises XmlRefused when there is none."""
    found = child(parent, name)
    if found is None:
        raise XmlRefused("bad_field", f"Al archivo le falta {name}. Pídelo otra vez.")
    return found


def read_field(parent: etree._Element, name: str, read: Callable[[str], _Value]) -> _Value:
    """Read a child's text. Raises XmlRefused when it is absent or not understood."""
    try:
        return read(child_text(parent, name))
    except (ValueError, DteError) as error:
        raise XmlRefused(
            "bad_field", f"El dato {name} del archivo no se entiende. Pídelo otra vez."
        ) from error


def read_optional(
    parent: etree._Element, name: str, read: Callable[[str], _Value]
) -> _Value | None:
    """Read a child's text, None when it is absent or empty. Raises XmlRefused as `read_field`."""
    return read_field(parent, name, read) if child_text(parent, name) else None
