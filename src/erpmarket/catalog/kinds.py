"""The fixed words of the catalogue, for every room."""

from django.db import models


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
