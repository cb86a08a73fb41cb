from collections import Counter
from decimal import Decimal

import pytest

from erpmarket.catalog.barcodes import has_right_check_digit
from erpmarket.cli.demo.catalogue import DemoProduct, demo_categories, demo_products

SHOPS = ("dona_rosa", "el_vecino")
TAX_CODES = {24, 25, 26, 27, 271}


@pytest.fixture(params=SHOPS)
def products(request: pytest.FixtureRequest) -> tuple[DemoProduct, ...]:
    return demo_products(request.param)


def _margin_percent(product: DemoProduct) -> Decimal:
    net = Decimal(product.price_clp) / (1 if product.is_exempt else Decimal("1.19"))
    return (net - product.unit_cost) / net * 100


def _repeated(values: list[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_shops_have_their_size() -> None:
    assert len(demo_products()) == 606
    assert len(demo_products("el_vecino")) == 40


def test_unknown_shop_raises() -> None:
    with pytest.raises(KeyError):
        demo_products("nobody")


def test_ten_categories_with_ten_colors_in_order() -> None:
    categories = demo_categories()

    assert [category.color_index for category in categories] == list(range(10))
    assert [category.position for category in categories] == list(range(10))
    assert len({category.name for category in categories}) == 10


def test_both_shops_use_every_category_and_no_other(products: tuple[DemoProduct, ...]) -> None:
    used = {product.category for product in products}

    assert used == {category.name for category in demo_categories()}


def test_big_shop_has_a_real_shelf_in_every_category() -> None:
    counts = Counter(product.category for product in demo_products())

    assert min(counts.values()) >= 30


def test_names_codes_plus_and_barcodes_are_unique(products: tuple[DemoProduct, ...]) -> None:
    assert _repeated([product.name.casefold() for product in products]) == []
    assert _repeated([product.code for product in products]) == []
    assert _repeated([product.plu for product in products if product.plu is not None]) == []
    assert _repeated([code for product in products for code in product.barcodes]) == []


def test_names_fit_a_document_line(products: tuple[DemoProduct, ...]) -> None:
    for product in products:
        assert 3 <= len(product.name) <= 80
        assert product.name == " ".join(product.name.split())
        product.name.encode("latin-1")


def test_barcodes_have_thirteen_digits_with_a_right_check_digit(
    products: tuple[DemoProduct, ...],
) -> None:
    codes = [code for product in products for code in product.barcodes]

    assert [code for code in codes if len(code) != 13 or not has_right_check_digit(code)] == []
    # Prefixes 20 to 29 are the shop's own: labels of scales live there.
    assert [code for code in codes if code.startswith("2")] == []


def test_most_barcodes_are_chilean_and_some_products_have_two() -> None:
    barcodes = [product.barcodes for product in demo_products()]
    codes = [code for pair in barcodes for code in pair]

    assert sum(code.startswith("780") for code in codes) > len(codes) * 8 // 10
    assert len({code[:3] for code in codes}) > 10
    assert sum(len(pair) == 2 for pair in barcodes) >= 20


def test_goods_by_weight_have_a_plu_instead_of_a_barcode(
    products: tuple[DemoProduct, ...],
) -> None:
    for product in products:
        assert (product.plu is not None) == (product.unit == "kg"), product.name
        assert product.unit == "un" or product.barcodes == (), product.name


def test_prices_end_the_way_shops_write_them(products: tuple[DemoProduct, ...]) -> None:
    above = [product.price_clp for product in products if product.price_clp >= 500]

    assert {price % 100 for price in above} == {0, 50, 90}
    assert all(p.price_clp % 10 == 0 and 0 < p.price_clp < 20_000 for p in products)


def test_margins_are_those_of_a_minimarket(products: tuple[DemoProduct, ...]) -> None:
    for product in products:
        margin = _margin_percent(product)
        if product.is_exempt:
            assert 0 <= margin <= 8, product.name
        elif product.name.startswith("Cigarrillos"):
            assert 7 < margin < 12, product.name
        else:
            assert 18 <= margin <= 40, product.name


def test_costs_keep_the_quantum_of_the_stock(products: tuple[DemoProduct, ...]) -> None:
    for product in products:
        assert product.unit_cost > 0
        assert product.unit_cost.as_tuple().exponent == -4


def test_a_suppliers_pack_costs_whole_pesos(products: tuple[DemoProduct, ...]) -> None:
    for product in products:
        pack_cost = product.unit_cost * product.pack_size

        assert abs(pack_cost - pack_cost.to_integral_value()) <= Decimal("0.005"), product.name


def test_only_the_known_items_are_exempt() -> None:
    exempt = [product.name for product in demo_products() if product.is_exempt]

    assert exempt == [
        "Carga Bip! $1.000",
        "Carga Bip! $2.000",
        "Carga Bip! $5.000",
        "Raspe de lotería $1.000",
        "Garantía envase retornable bebida 2 L",
        "Garantía envase retornable cerveza 1,2 L",
    ]


def test_alcohol_and_tobacco_are_age_restricted(products: tuple[DemoProduct, ...]) -> None:
    for product in products:
        is_alcohol = product.additional_tax_code in {24, 25, 26}
        is_tobacco = product.name.startswith("Cigarrillos")
        assert product.is_age_restricted == (is_alcohol or is_tobacco), product.name


def test_cigarettes_and_bip_fares_never_cost_less(products: tuple[DemoProduct, ...]) -> None:
    fixed = [product.name for product in products if product.is_never_discounted]

    assert fixed == [
        product.name
        for product in products
        if product.name.startswith(("Cigarrillos", "Carga Bip!"))
    ]
    assert len(fixed) >= 2


def test_the_food_card_pays_bread_milk_fruit_and_cheese_and_no_treats_or_drink(
    products: tuple[DemoProduct, ...],
) -> None:
    paid = {product.name for product in products if product.takes_baes}

    for food in ("Marraqueta", "Leche entera Colun 1 L", "Plátano", "Tomate larga vida"):
        assert food in paid
    assert any(name.startswith("Queso gauda") for name in paid)
    for product in products:
        if product.category in {"Dulces y snacks", "Aseo y hogar", "Botillería y kiosco"}:
            assert not product.takes_baes, product.name
        assert not (product.takes_baes and product.additional_tax_code), product.name


def test_every_additional_tax_is_present_and_only_on_drinks() -> None:
    taxed = [product for product in demo_products() if product.additional_tax_code is not None]

    assert {product.additional_tax_code for product in taxed} == TAX_CODES
    assert {p.category for p in taxed} == {"Bebidas y jugos", "Botillería y kiosco"}


def test_plain_water_and_ice_bear_no_additional_tax() -> None:
    plain = ("Agua mineral", "Agua purificada", "Hielo")
    codes = {p.additional_tax_code for p in demo_products() if p.name.startswith(plain)}

    assert codes == {None}


def test_favourites_fill_the_first_tab_from_many_categories() -> None:
    favourites = [product for product in demo_products() if product.is_favourite]

    assert 20 <= len(favourites) <= 28
    assert len({product.category for product in favourites}) >= 8


def test_popularity_is_a_weight_from_1_to_100(products: tuple[DemoProduct, ...]) -> None:
    assert all(1 <= product.popularity <= 100 for product in products)
    assert max(products, key=lambda product: product.popularity).name == "Marraqueta"


def test_shops_share_packages_but_not_prices_or_codes() -> None:
    rosa = {code: product for product in demo_products() for code in product.barcodes}
    shared = [
        (product, rosa[code]) for product in demo_products("el_vecino") for code in product.barcodes
    ]

    assert len(shared) > 25
    assert all(ours.name == theirs.name and ours.code != theirs.code for ours, theirs in shared)
    assert sum(ours.price_clp != theirs.price_clp for ours, theirs in shared) > 25
