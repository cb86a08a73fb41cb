"""What a company sells, for the simulation that the SII asks of a new issuer."""

from collections.abc import Sequence

from erpmarket.catalog.models import Product


def list_sample_goods(limit: int) -> Sequence[tuple[str, str, int, bool]]:
    """List products with a price: name, unit, gross price in pesos, whether it is exempt.

    Exempt ones come with the others when there are any; nothing with an additional tax.
    """
    rows = Product.objects.filter(is_active=True, additional_tax_code=None)
    affected = rows.filter(is_exempt=False).order_by("-is_favourite", "name")[:limit]
    exempt = rows.filter(is_exempt=True).order_by("-is_favourite", "name")[: limit // 3]
    return [
        (row.name, "Kg" if row.unit == "kg" else "Un", row.price_clp, row.is_exempt)
        for row in (*affected, *exempt)
    ]
