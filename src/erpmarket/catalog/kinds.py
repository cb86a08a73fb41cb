"""The fixed words of the catalogue, for every room."""

from decimal import Decimal
from typing import Final

from django.db import models

# What a cashier takes off without asking, until the shop says otherwise.
DEFAULT_DISCOUNT_LIMIT: Final = Decimal(10)


class Unit(models.TextChoices):
    """How a product is counted."""

    PIECE = "un", "unidad"
    KILO = "kg", "kilo"


class PriceReason(models.TextChoices):
    """What made somebody change a price."""

    HAND = "hand", "A mano"
    PURCHASE = "purchase", "Por una compra"
    IMPORT = "import", "Por una planilla"
    MARKDOWN = "markdown", "Rebaja"
    MARKDOWN_END = "unmarkdown", "Terminó la rebaja"
    UNDO = "undo", "Se deshizo"


class PromotionKind(models.TextChoices):
    """The kinds of `pricing.promotions`, in the words of a shop."""

    N_FOR_M = "n_for_m", "Lleva más, paga menos"
    NTH_PERCENT = "nth_percent", "La segunda rebajada"
    N_FOR_PRICE = "n_for_price", "Varios por un precio"
    COMBO = "combo", "Combo"
    QUANTITY_PRICE = "quantity_price", "Precio por cantidad"
    PERCENT = "percent", "Un porcentaje menos"
