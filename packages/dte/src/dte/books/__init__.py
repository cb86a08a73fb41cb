"""Books of the SII that certification still asks for: sales, purchases, guías and boletas.

Those of sales and purchases are the IECV. In daily business the SII builds its own register, and
nothing here is sent.
"""

from dte.books.boletas import BoletaEntry, enter_boleta, write_boleta_book
from dte.books.cover import BookCover, BookKind, BookPart, BookRefused
from dte.books.guias import GuiaEntry, GuiaFate, enter_guia, write_guia_book
from dte.books.purchases import PurchaseEntry, VatUse, enter_purchase, write_purchase_book
from dte.books.sales import SaleEntry, enter_sale, write_sales_book

__all__ = [
    "BoletaEntry",
    "BookCover",
    "BookKind",
    "BookPart",
    "BookRefused",
    "GuiaEntry",
    "GuiaFate",
    "PurchaseEntry",
    "SaleEntry",
    "VatUse",
    "enter_boleta",
    "enter_guia",
    "enter_purchase",
    "enter_sale",
    "write_boleta_book",
    "write_guia_book",
    "write_purchase_book",
    "write_sales_book",
]
