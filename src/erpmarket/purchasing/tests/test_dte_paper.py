"""What a supplier's paper says of each line, to the peso, and nothing of it lost."""

from decimal import Decimal
from typing import Any

import pytest

from dte.codes import Exemption, PriceBasis
from erpmarket.fiscal.exchange_queries import read_received
from erpmarket.purchasing.actions.dte import open_paper
from erpmarket.purchasing.dte_likeness import NameIndex
from erpmarket.purchasing.dte_packs import choose_units, clean_name, read_units
from erpmarket.purchasing.dte_paper import LineRole, SupplierDte, read_supplier_dte
from erpmarket.purchasing.dte_queries import element_of
from erpmarket.purchasing.tests.dte_supplier import Distributor, dte_line, percent_off
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def distributor(caf_office: Any, dona_rosa: Any) -> Distributor:
    return Distributor(office=caf_office, customer=dona_rosa)


def read(distributor: Distributor, shop: Any, *lines: Any, **facts: Any) -> SupplierDte:
    with company_scope(shop.company_id):
        return open_paper(distributor.send(*lines, **facts), {})[1]


@pytest.mark.parametrize(
    ("name", "unit", "units"),
    [
        ("AGUA 12X1L", "CJ", 12),
        ("GALLETA CHAMPAÑA CAJA 24", "CJ", 24),
        ("COCA COLA 1.5LT X6", "PK", 6),
        ("CERVEZA SIX PACK", "UN", 6),
        ("YOGURT 125GR 48 UN", "CJ", 48),
        ("CHOCLO C/12", "CJ", 12),
        ("HUEVOS", "DOC", 12),
        ("JUGO", "CJ24", 24),
    ],
)
def test_units_of_a_pack_are_read_out_of_its_words(name: str, unit: str, units: int) -> None:
    assert read_units(name, unit=unit) == units


@pytest.mark.parametrize(
    "name", ["LECHE X1.5LT", "HARINA SACO 25 KG", "ARROZ 1KG", "PAPEL 500", "BEBIDA X350CC"]
)
def test_measures_are_no_units(name: str) -> None:
    assert read_units(name) is None


@pytest.mark.parametrize(("pack_cost", "units"), [("6120", 6), ("1050", 1)])
def test_known_cost_tells_a_pack_from_one_of_it(pack_cost: str, units: int) -> None:
    """Suppliers write UN for packs as well as for what is inside."""
    chosen, is_sure = choose_units(
        name="COLA 1.5LT X6",
        description="",
        unit="UN",
        pack_cost=Decimal(pack_cost),
        known_cost=Decimal(1000),
    )
    assert (chosen, is_sure) == (Decimal(units), True)


def test_a_cost_between_one_and_a_pack_leaves_the_units_to_be_looked_at() -> None:
    chosen, is_sure = choose_units(
        name="COLA 1.5LT X6",
        description="",
        unit="PK",
        pack_cost=Decimal(2400),
        known_cost=Decimal(1000),
    )
    assert (chosen, is_sure) == (Decimal(1), False)


def test_single_units_of_a_pack_without_known_cost_are_asked() -> None:
    chosen, is_sure = choose_units(
        name="COLA X6", description="", unit="UN", pack_cost=Decimal(900), known_cost=None
    )
    assert (chosen, is_sure) == (Decimal(1), False)


def test_names_become_those_of_a_shelf() -> None:
    assert clean_name("COCA COLA 1.5LT X6") == "Coca Cola 1,5 L"
    assert clean_name("SALSA DE TOMATE 6X200GR") == "Salsa de Tomate 200 g"


def test_likeness_knows_what_suppliers_do_to_names() -> None:
    index = NameIndex(
        enumerate(["Coca-Cola 1,5 L", "Coca-Cola 3 L", "Cerveza Escudo 470 cc", "Agua Sur 1,6 L"])
    )
    assert index.closest("COCA COLA 1.5LT X6")[0] == (0, 100)
    assert index.closest("CERV ESCUDO LATA 470 X24")[0][0] == 2
    assert index.closest("AGUA SUR SG 1.6 X6")[0][0] == 3
    assert index.closest("LAVALOZA 750") == ()


def test_global_discount_and_tax_reach_only_their_lines(
    dona_rosa: Any, distributor: Distributor
) -> None:
    paper = read(
        distributor,
        dona_rosa,
        dte_line("PISCO 35", "20000", "2", tax=24),
        dte_line("ARROZ 1KG", "10000", "10", unit="UN"),
        discounts=(percent_off("10"),),
    )
    assert [line.net_clp for line in paper.lines] == [18_000, 9_000]
    assert [line.tax_clp for line in paper.lines] == [5_670, 0]
    assert (paper.discount_clp, paper.drift_clp, paper.unexplained_clp) == (3_000, 0, 0)


def test_gross_prices_become_net_and_sum_to_the_papers_net(
    dona_rosa: Any, distributor: Distributor
) -> None:
    paper = read(
        distributor,
        dona_rosa,
        dte_line("ARROZ 1KG", "1190", "1"),
        dte_line("FIDEOS", "1000", "1"),
        price_basis=PriceBasis.GROSS,
    )
    assert [line.net_clp for line in paper.lines] == [1_000, 840]
    assert sum(line.net_clp for line in paper.lines) == paper.totals.net_clp


def test_exempt_lines_kilos_and_line_discounts_survive(
    dona_rosa: Any, distributor: Distributor
) -> None:
    paper = read(
        distributor,
        dona_rosa,
        dte_line("QUESO LAMINADO", "90000", "12.5", unit="KG", discount_percent=Decimal(10)),
        dte_line("DIARIO", "5000", "10", unit="UN", exemption=Exemption.EXEMPT),
    )
    cheese, papers = paper.lines
    assert (cheese.packs, cheese.net_clp, cheese.discount_clp) == (Decimal("12.5"), 81_000, 9_000)
    assert (papers.is_exempt, papers.net_clp) == (True, 5_000)


def test_freight_is_no_goods(dona_rosa: Any, distributor: Distributor) -> None:
    paper = read(distributor, dona_rosa)
    assert [line.role for line in paper.lines] == [LineRole.GOODS] * 3 + [LineRole.FREIGHT]


def test_what_nobody_understands_is_kept_and_shown(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        received = distributor.send()
        element = element_of(received)
        space = element.tag.partition("}")[0] + "}"
        line = element.find(f".//{space}Detalle")
        assert line is not None
        group = line.makeelement(f"{space}Subcantidad", {})
        leaf = group.makeelement(f"{space}SubCod", {})
        leaf.text = "PALLET-7"
        group.append(leaf)
        line.append(group)

        paper = read_supplier_dte(read_received(received), element)

    assert paper.lines[0].extras == (("SubCod", "PALLET-7"),)
    assert paper.lines[1].extras == ()
