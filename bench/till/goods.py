"""A catalogue as a shop's: names that share words, right check digits, the same under one seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from erpmarket.catalog.barcodes import ean_check_digit

CATEGORIES: Final = (
    "Abarrotes",
    "Bebidas",
    "Lácteos",
    "Panadería",
    "Confites",
    "Aseo",
    "Perfumería",
    "Congelados",
    "Fiambrería",
    "Mascotas",
    "Librería",
    "Ferretería",
)
# Shops name things so: what it is, whose, of which kind, how much.
_THINGS: Final = (
    *("Aceite", "Agua mineral", "Ají", "Arroz", "Atún", "Avena", "Azúcar", "Bebida", "Bizcocho"),
    *("Café", "Caldo", "Cera", "Cereal", "Champú", "Chocolate", "Cloro", "Crema", "Desodorante"),
    *("Detergente", "Dulce", "Escoba", "Fideos", "Galleta", "Harina", "Helado", "Hervidor"),
    *("Jabón", "Jalea", "Jamón", "Jugo", "Ketchup", "Lavaloza", "Leche", "Lentejas", "Manjar"),
    *("Mantequilla", "Mayonesa", "Mermelada", "Mostaza", "Néctar", "Palta", "Pan de molde"),
    *("Papel higiénico", "Pasta dental", "Pila", "Porotos", "Queso", "Salsa de tomate", "Sémola"),
    *("Servilletas", "Té", "Toalla", "Vinagre", "Vela", "Yogur", "Ñoquis", "Piña en rodajas"),
)
_MAKERS: Final = (
    *("Aurora", "Bellavista", "Cordillera", "Del Sur", "El Roble", "Estrella", "Faro", "Huasco"),
    *("Itata", "Jardín", "Kimün", "La Abuela", "Loncoche", "Maipo", "Norte Verde", "Ñuble"),
    *("Osorno", "Pacífico", "Quillay", "Ranco", "San Camilo", "Tronador", "Valdivia", "Yungay"),
)
_KINDS: Final = (
    *("clásico", "light", "sin sal", "integral", "familiar", "premium", "natural", "vainilla"),
    *("frutilla", "limón", "chocolate", "original", "suave", "extra", "orgánico", "mini"),
)
_SIZES: Final = (
    *("90 g", "125 g", "200 g", "250 g", "400 g", "500 g", "1 kg", "2 kg"),
    *("200 ml", "350 ml", "500 ml", "1 L", "1,5 L", "3 L", "6 un", "12 un"),
)
_KILO_EVERY: Final = 40
_TWO_CODES_EVERY: Final = 20
_FAVOURITES: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A product to make; `category` counts from zero in CATEGORIES."""

    number: int
    name: str
    price_clp: int
    is_by_kilo: bool
    category: int
    barcodes: tuple[str, ...]
    plu: int | None
    is_favourite: bool


def make_goods(count: int, *, seed: int) -> Iterator[Goods]:
    """Make a catalogue; the same seed gives the same one, and a larger one begins with it."""
    chance = random.Random(seed)
    for number in range(count):
        thing = chance.randrange(len(_THINGS))
        words = (_THINGS[thing], *(chance.choice(part) for part in (_MAKERS, _KINDS, _SIZES)))
        is_by_kilo = number % _KILO_EVERY == 0
        codes = 2 if number % _TWO_CODES_EVERY == 1 else 1
        yield Goods(
            number=number,
            # Many share all words: their number tells them apart, as an article number does.
            name=f"{' '.join(words)} N{number}",
            price_clp=chance.randrange(100, 12_000, 10),
            is_by_kilo=is_by_kilo,
            category=thing % len(CATEGORIES),
            barcodes=() if is_by_kilo else tuple(_ean(number, which) for which in range(codes)),
            plu=1 + number // _KILO_EVERY if is_by_kilo else None,
            is_favourite=number < _FAVOURITES,
        )


def searches(count: int, *, seed: int) -> tuple[str, ...]:
    """Give what cashiers type: the beginning of a word, a word, or two of them."""
    chance = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        thing, maker = chance.choice(_THINGS), chance.choice(_MAKERS)
        text = chance.choice((thing[:3], thing, f"{thing[:4]} {maker[:4]}")).lower()
        # The same list twice would change nothing on the screen.
        if not found or found[-1] != text:
            found.append(text)
    return tuple(found)


def _ean(number: int, which: int) -> str:
    body = f"780{which}{number:08d}"
    return f"{body}{ean_check_digit(body)}"
