"""What every page of the back office knows: who is here and where they may go."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLink:
    """One entry of the rail."""

    name: str
    word: str
    icon: str
    url: str
    verb: str
    is_current: bool
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedLink:
    """One daily deed of the menu "Hacer"."""

    word: str
    icon: str
    url: str


# What is done daily, two taps from anywhere; a role sees what it may do. Order is fixed.
_DEEDS = (
    ("inventory:new_count", "Contar stock", "scan", "count_stock"),
    ("catalog:new_product", "Producto nuevo", "box", "add_products"),
    ("inventory:new_removal", "Anotar merma", "trash", "write_off_stock"),
)
# Order is fixed: muscle memory. `verb` is what a role must have to see the place.
_PLACES = (
    ("pos:choose_till", "Caja", "till", "sell"),
    ("inventory:products", "Productos", "box", "see_products"),
    ("purchasing:receipts", "Compras", "truck", "see_purchases"),
    ("customers:customers", "Clientes", "people", "see_customers"),
    ("fiscal:home", "SII", "shield", "see_documents"),
    ("fiscal:settings", "Ajustes", "sliders", "set_papers"),
)
# Stands at the foot of the rail, and not in the dock: five are all that fit a phone.
_LAST = "fiscal:settings"


def shell(request: HttpRequest) -> dict[str, object]:
    """Give templates the member and the places of the rail."""
    member = getattr(request, "member", None)
    if member is None:
        return {"member": None, "places": (), "deeds": (), "layout": _layout(request)}
    found = [(*place, reverse(place[0])) for place in _PLACES if place[3] in member.verbs]
    # Ajustes stands under the SII's address: the longest address that fits is where we are.
    fits = [url for *_, url in found if request.path.startswith(url)]
    here = max(fits, key=len, default=None)
    places = tuple(
        PlaceLink(
            name=name,
            word=word,
            icon=icon,
            url=url,
            verb=verb,
            is_current=url == here,
            is_last=name == _LAST,
        )
        for name, word, icon, verb, url in found
    )
    deeds = tuple(
        DeedLink(word=word, icon=icon, url=reverse(name))
        for name, word, icon, verb in _DEEDS
        if verb in member.verbs
    )
    return {"member": member, "places": places, "deeds": deeds, "layout": _layout(request)}


def _layout(request: HttpRequest) -> str:
    """Name the template a page extends: whole, or only `#page` when htmx asks for a part.

    Going back in the browser asks htmx's way for a whole page.
    """
    headers = request.headers
    is_part = "HX-Request" in headers and "HX-History-Restore-Request" not in headers
    return "ui/_page.html" if is_part else "ui/base.html"
