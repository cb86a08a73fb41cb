"""Who receives the papers of a certification, and what is sold in its simulation."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from dte.codes import Exemption
from dte.document import Line, Receiver
from dte.rut import Rut
from erpmarket.fiscal.models import Buyer

WANTED: Final = 3
GOODS_LIMIT: Final = 12
_VAT_FACTOR: Final = Decimal("1.19")
# Until a company has customers of its own: taxpayers whose RUT the SII surely knows.
_PUBLIC: Final = (
    Receiver(
        rut=Rut.parse("60803000-K"),
        name="Servicio de Impuestos Internos",
        giro="Administración pública",
        address="Teatinos 120",
        commune="Santiago",
        city="Santiago",
    ),
    Receiver(
        rut=Rut.parse("60805000-0"),
        name="Tesorería General de la República",
        giro="Administración pública",
        address="Teatinos 28",
        commune="Santiago",
        city="Santiago",
    ),
    Receiver(
        rut=Rut.parse("97030000-7"),
        name="Banco del Estado de Chile",
        giro="Banco",
        address="Alameda Bernardo O Higgins 1111",
        commune="Santiago",
        city="Santiago",
    ),
)


def list_receivers() -> tuple[Receiver, ...]:
    """List at least three receivers: the latest buyers, then public bodies.

    Source: SII, instructivo del set de pruebas: the papers of a set have different receivers.
    """
    rows = Buyer.objects.exclude(giro="").exclude(address="").exclude(commune="")
    own = tuple(
        Receiver(
            rut=Rut.parse(row.rut),
            name=row.name,
            giro=row.giro,
            address=row.address,
            commune=row.commune,
            city=row.city,
        )
        for row in rows.order_by("-updated_at", "-id")[:WANTED]
    )
    known = {each.rut for each in own}
    rest = tuple(each for each in _PUBLIC if each.rut not in known)
    return own + rest[: WANTED - len(own)]


def list_goods() -> tuple[Line, ...]:
    """List what the company really sells, at net prices in whole pesos."""
    find: Callable[[int], Sequence[tuple[str, str, int, bool]]] = import_string(
        settings.CERTIFICATION_GOODS
    )
    return tuple(
        Line(
            name=name,
            unit=unit,
            quantity=Decimal(1),
            unit_price=Decimal(price_clp) if is_exempt else _net(price_clp),
            exemption=Exemption.EXEMPT if is_exempt else None,
        )
        for name, unit, price_clp, is_exempt in find(GOODS_LIMIT)
    )


def _net(price_clp: int) -> Decimal:
    net = (Decimal(price_clp) / _VAT_FACTOR).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return max(net, Decimal(1))
