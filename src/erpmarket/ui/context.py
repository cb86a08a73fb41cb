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


# Order is fixed: muscle memory. `verb` is what a role must have to see the place.
_PLACES = (
    ("pos:choose_till", "Caja", "till", "sell"),
    ("inventory:products", "Productos", "box", "see_products"),
    ("purchasing:receipts", "Compras", "truck", "see_purchases"),
    ("customers:customers", "Clientes", "people", "see_customers"),
    ("fiscal:home", "SII", "shield", "see_documents"),
)


def shell(request: HttpRequest) -> dict[str, object]:
    """Give templates the member and the places of the rail."""
    member = getattr(request, "member", None)
    if member is None:
        return {"member": None, "places": (), "layout": _layout(request)}
    places = []
    for name, word, icon, verb in _PLACES:
        if verb in member.verbs:
            url = reverse(name)
            places.append(
                PlaceLink(
                    name=name,
                    word=word,
                    icon=icon,
                    url=url,
                    verb=verb,
                    is_current=request.path.startswith(url),
                )
            )
    return {"member": member, "places": tuple(places), "layout": _layout(request)}


def _layout(request: HttpRequest) -> str:
    """Name the template a page extends: whole, or only `#page` when htmx asks for a part.

    Going back in the browser asks htmx's way for a whole page.
    """
    headers = request.headers
    is_part = "HX-Request" in headers and "HX-History-Restore-Request" not in headers
    return "ui/_page.html" if is_part else "ui/base.html"
