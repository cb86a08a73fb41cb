"""Add products and change their prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import IntegrityError, connection, transaction

from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit, stored_form
from erpmarket.catalog.models import Barcode, Category, Product, Unit
from erpmarket.catalog.search import fold
from erpmarket.common.errors import DomainError
from erpmarket.tenancy.scope import current_company

PRICE_LIMIT_CLP = 10_000_000
SEARCH_LIMIT = 160


@dataclass(kw_only=True, eq=False)
class WrongCheckDigit(DomainError):
    """The last digit of a GS1 code does not fit."""

    barcode: str

    code: ClassVar[str] = "wrong_check_digit"

    @property
    def message(self) -> str:
        return f"El código {self.barcode} está mal copiado: revisa el último dígito."


@dataclass(kw_only=True, eq=False)
class BarcodeTaken(DomainError):
    """Another product of the shop has the code."""

    barcode: str
    product_name: str

    code: ClassVar[str] = "barcode_taken"

    @property
    def message(self) -> str:
        return f"El código {self.barcode} ya es de {self.product_name}. Usa otro o quítalo de allí."


@dataclass(kw_only=True, eq=False)
class CodeTaken(DomainError):
    """Another product has the internal code or the PLU."""

    product_code: str

    code: ClassVar[str] = "code_taken"

    @property
    def message(self) -> str:
        return f"Ya hay un producto con el código interno o PLU {self.product_code}. Elige otro."


@dataclass(kw_only=True, eq=False)
class BadPrice(DomainError):
    """A price must be a whole, positive number of pesos below the limit."""

    price_clp: int

    code: ClassVar[str] = "bad_price"

    @property
    def message(self) -> str:
        return "Escribe un precio en pesos, mayor que $0 y menor que $10.000.000."


def create_category(*, name: str, color_index: int, position: int) -> Category:
    """Add a category; colours are the ten fixed hues of the till, 0 to 9."""
    category: Category = Category.objects.create(
        name=name, color_index=color_index, position=position
    )
    return category


@transaction.atomic
def create_product(
    *,
    code: str,
    name: str,
    unit: Unit,
    category_id: int,
    price_clp: int,
    barcodes: Sequence[str] = (),
    is_exempt: bool = False,
    is_favourite: bool = False,
    plu: int | None = None,
    additional_tax_code: int | None = None,
    is_age_restricted: bool = False,
) -> Product:
    """Add a product with its barcodes, kept in their one stored form.

    Raises BadPrice, WrongCheckDigit, BarcodeTaken and CodeTaken; nothing is written then.
    """
    _check_price(price_clp)
    _check_digits(barcodes)
    codes = tuple(dict.fromkeys(map(stored_form, barcodes)))
    _check_free(codes)
    product = Product(
        code=code,
        name=name,
        # Folding may write one letter with many; what is past the column is not searched.
        search_name=fold(f"{name} {code}")[:SEARCH_LIMIT],
        unit=unit,
        category_id=category_id,
        price_clp=price_clp,
        is_exempt=is_exempt,
        is_favourite=is_favourite,
        plu=plu,
        additional_tax_code=additional_tax_code,
        is_age_restricted=is_age_restricted,
        revision=_next_revision(),
    )
    try:
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError as error:
        if "catalog_product_code" in str(error) or "catalog_product_plu" in str(error):
            raise CodeTaken(product_code=code) from error
        raise
    _add_barcodes(product, codes)
    return product


@transaction.atomic
def change_price(*, product_id: int, price_clp: int) -> Product:
    """Set a product's gross price; raises BadPrice."""
    _check_price(price_clp)
    product: Product = Product.objects.select_for_update(of=("self",)).get(id=product_id)
    product.price_clp = price_clp
    product.revision = _next_revision()
    product.save(update_fields=["price_clp", "revision"])
    return product


def _check_price(price_clp: int) -> None:
    if not 0 < price_clp < PRICE_LIMIT_CLP:
        raise BadPrice(price_clp=price_clp)


def _check_digits(barcodes: Sequence[str]) -> None:
    for barcode in barcodes:
        if has_gs1_form(barcode) and not has_right_check_digit(barcode):
            raise WrongCheckDigit(barcode=barcode)


def _check_free(codes: Sequence[str]) -> None:
    taken = Barcode.objects.select_related("product").filter(code__in=codes).first()
    if taken is not None:
        raise BarcodeTaken(barcode=taken.code, product_name=taken.product.name)


def _add_barcodes(product: Product, codes: Sequence[str]) -> None:
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create([Barcode(product=product, code=code) for code in codes])
    except IntegrityError:
        # Somebody gave a product one of the codes since we looked.
        _check_free(codes)
        raise


_COUNT_REVISION = """
INSERT INTO catalog_catalogueclock AS clock (company_id, revision) VALUES (%s, 1)
ON CONFLICT (company_id) DO UPDATE SET revision = clock.revision + 1
RETURNING revision
"""


def _next_revision() -> int:
    """Count one more change of the company's catalogue; the row lock keeps the order."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_REVISION, [current_company()])
        return int(cursor.fetchone()[0])
