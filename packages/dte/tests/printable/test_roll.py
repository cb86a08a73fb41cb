"""Facturas, notas and guías on an 80 mm roll: the order of the law, nothing lost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dte.blocks import (
    Amount,
    Block,
    CopyMark,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Stamp,
    StampRows,
    Text,
    Total,
    blocks_from_json,
    blocks_to_json,
)
from dte.codes import AdjustmentKind, DocumentType, Exemption, TradeMeans, TransferReason
from dte.document import Adjustment, Line, Reference
from dte.printable.legal import ACUSE_SENTENCE, PaperRefused
from dte.printable.roll import roll_blocks
from dte.printable.shop import Shop
from dte.xml.read import ReadDocument

Issue = Callable[..., ReadDocument]
MakeItem = Callable[..., Line]


def words(blocks: Sequence[Block]) -> list[str]:
    """Every text of the paper, in order."""
    said: list[str] = []
    for block in blocks:
        match block:
            case Text() | ItemNote():
                said.append(block.text)
            case Pair():
                said += [block.left, block.right]
            case ItemLine():
                said.append(block.name)
            case Amount() | Total():
                said.append(block.label)
            case DocumentBox():
                said += [block.rut, block.name, str(block.folio)]
    return said


def column_clp(blocks: Sequence[Block]) -> int:
    """What stands right of the detail and above TOTAL."""
    top = blocks[: next(at for at, each in enumerate(blocks) if isinstance(each, Total))]
    return sum(each.amount_clp or 0 for each in top if isinstance(each, ItemLine | ItemNote))


@pytest.fixture
def factura(issue: Issue, make_item: MakeItem) -> ReadDocument:
    return issue(
        DocumentType.FACTURA,
        make_item("Harina", "4", "17227"),
        make_item(
            "Aceite", "6", "8395", discount_percent=Decimal(10), description="Bidón de 5 litros"
        ),
        make_item("Flete", "1", "900", surcharge_percent=Decimal(5)),
        references=(Reference(kind="801", folio="OC-1", issue_date=date(2026, 11, 20)),),
    )


def test_blocks_stand_in_the_order_of_the_law(factura: ReadDocument, shop: Shop) -> None:
    said = words(roll_blocks(factura, shop=shop, cedible=True, notes=("Gracias.",)))

    wanted = [
        "FACTURA ELECTRÓNICA",
        "184",
        "S.I.I. - SANTIAGO PONIENTE",
        "Almacén Doña Rosa & Cía. Ltda.",
        "Minimarket",
        "Casa matriz: Av. Ñuble 123, Ñuñoa, Santiago",
        "Señor(es): RESTAURANTE EL LITRE DEL MAIPO LIMITADA",
        "R.U.T.: 12.345.678-5",
        "Fecha de emisión: 22 de noviembre de 2026",
        "Documentos de referencia",
        "Orden de compra N° OC-1 del 20-11-2026",
        "Harina",
        "Aceite",
        "Bidón de 5 litros",
        "Descuento 10%",
        "Recargo 5%",
        "Monto neto",
        "IVA 19%",
        "TOTAL",
        "3 líneas. Precios netos.",
        "Gracias.",
        "Nombre",
        "Firma",
        ACUSE_SENTENCE,
        "Timbre Electrónico SII",
        "Res. 80 de 2014",
        "Verifique documento: www.sii.cl",
        "CEDIBLE",
    ]
    places = [said.index(each) for each in wanted]
    assert places == sorted(places)
    assert said[-1] == "CEDIBLE"


def test_the_column_adds_up_to_the_net_and_the_sums_to_the_total(
    factura: ReadDocument, shop: Shop
) -> None:
    blocks = roll_blocks(factura, shop=shop)

    sums = [each.amount_clp for each in blocks if isinstance(each, Amount)]
    total = next(each for each in blocks if isinstance(each, Total))
    assert column_clp(blocks) == factura.totals.net_clp == sums[0]
    assert sum(sums) == total.amount_clp == factura.totals.total_clp


def test_the_tax_copy_carries_neither_acuse_nor_mark(factura: ReadDocument, shop: Shop) -> None:
    said = words(roll_blocks(factura, shop=shop))

    assert "CEDIBLE" not in said
    assert ACUSE_SENTENCE not in said
    assert "Firma" not in said


def test_how_it_is_paid_stands_below_where_the_receiver_is(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    paper = issue(
        DocumentType.FACTURA, make_item("Harina", "4", "17227"), payment_means=TradeMeans.OTHER
    )

    said = [text.split(":")[0] for text in words(roll_blocks(paper, shop=shop))]

    end = said.index("Fecha de emisión")
    assert set(said[end - 2 : end]) == {"Medio de pago", "Forma de pago"}
    assert said.index("Dirección") < said.index("Comuna") < said.index("Ciudad") < end - 2
    assert "Medio de pago: Otro" in words(roll_blocks(paper, shop=shop))
    named = words(roll_blocks(paper, shop=shop, means="Tarjeta y efectivo"))
    assert "Medio de pago: Tarjeta y efectivo" in named
    assert "Medio de pago: Otro" not in named


def test_what_the_document_names_is_said_as_it_stands(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    paper = issue(
        DocumentType.FACTURA, make_item("Harina", "4", "17227"), payment_means=TradeMeans.CARD
    )

    assert "Medio de pago: Tarjeta" in words(roll_blocks(paper, shop=shop, means="Fiado"))


def test_the_box_is_closed(factura: ReadDocument, shop: Shop) -> None:
    blocks = roll_blocks(factura, shop=shop)

    assert blocks[0] == DocumentBox(
        rut="76.918.245-4", name="FACTURA ELECTRÓNICA", folio=factura.folio, closed=True
    )


@pytest.mark.parametrize(("is_low", "rows"), [(True, StampRows.LOW), (False, StampRows.FULL)])
def test_the_height_of_the_stamps_rows_is_a_setting(
    is_low: bool, rows: StampRows, factura: ReadDocument, shop: Shop
) -> None:
    blocks = roll_blocks(factura, shop=replace(shop, low_stamp_rows=is_low))

    assert [each for each in blocks if isinstance(each, Stamp)] == [
        Stamp(ted=factura.ted, rows=rows)
    ]
    assert blocks_from_json(blocks_to_json(blocks)) == blocks


def test_narrow_paper_is_refused_kindly(factura: ReadDocument, shop: Shop) -> None:
    with pytest.raises(PaperRefused, match="papel de 80 mm o en carta") as refused:
        roll_blocks(factura, shop=shop, paper_mm=58)

    assert refused.value.code == "paper_too_narrow"


def test_a_boleta_has_its_own_paper(issue: Issue, make_item: MakeItem, shop: Shop) -> None:
    with pytest.raises(PaperRefused) as refused:
        roll_blocks(issue(DocumentType.BOLETA, make_item("Pan")), shop=shop)

    assert refused.value.code == "is_a_boleta"


def test_a_guia_tells_how_goods_travel(issue: Issue, make_item: MakeItem, shop: Shop) -> None:
    said = words(roll_blocks(issue(DocumentType.GUIA, make_item("Pan")), shop=shop, cedible=True))

    assert "Traslado y transporte" in said
    assert "Motivo: 1 · Operación constituye venta" in said
    assert "Despacho: Por cuenta del emisor" in said
    assert said[-1] == "CEDIBLE CON SU FACTURA"


def test_a_guia_without_values_lists_its_goods(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(DocumentType.GUIA, make_item("Pan", "4"))
    bare = (
        Line(name="Pan", quantity=Decimal(4), unit="UN", fixed_amount_clp=0),
        Line(name="Cajas", fixed_amount_clp=0, description="Vacías"),
    )
    draft = replace(document.draft, lines=bare, transfer_reason=TransferReason.INTERNAL)
    nothing = replace(document.totals, net_clp=0, vat_clp=0, total_clp=0)

    blocks = roll_blocks(replace(document, draft=draft, totals=nothing), shop=shop)

    assert Pair(left="Pan", right="4 UN") in blocks
    assert Pair(left="Cajas", right="") in blocks
    assert ItemNote(text="Vacías") in blocks
    assert not [each for each in blocks if isinstance(each, Total | Amount | ItemLine)]
    assert "Despachado" in words(blocks)
    assert ACUSE_SENTENCE not in words(blocks)


def test_a_nota_says_what_it_corrects(issue: Issue, make_item: MakeItem, shop: Shop) -> None:
    said = words(roll_blocks(issue(DocumentType.NOTA_CREDITO, make_item("Pan")), shop=shop))

    at = said.index("Documentos de referencia")
    assert said[at + 1 : at + 3] == [
        "Factura electrónica N° 4187 del 20-11-2026",
        "Corrige montos: devolución parcial",
    ]


def test_a_reference_without_folio_is_named_alone(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(DocumentType.FACTURA, make_item("Pan"))
    draft = replace(document.draft, references=(Reference(kind="803", reason="Marco anual"),))

    said = words(roll_blocks(replace(document, draft=draft), shop=replace(shop, sii_office="")))

    at = said.index("Documentos de referencia")
    assert said[at + 1 : at + 3] == ["Contrato", "Marco anual"]
    assert not any(text.startswith("S.I.I.") for text in said)


def test_what_is_outside_the_total_stands_below_it(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(
        DocumentType.FACTURA,
        make_item("Garantía", "1", "900", exemption=Exemption.NOT_BILLABLE),
        make_item("Pan", "1", "10000"),
        adjustments=(
            Adjustment(
                kind=AdjustmentKind.DISCOUNT,
                value=Decimal(100),
                is_percent=False,
                applies_to=Exemption.NOT_BILLABLE,
            ),
        ),
    )

    blocks = roll_blocks(document, shop=shop)

    assert column_clp(blocks) == document.totals.net_clp == 10_000
    below = blocks[next(at for at, each in enumerate(blocks) if isinstance(each, Total)) :]
    assert below[0] == Total(amount_clp=11_900)
    assert words(below)[1:6] == [
        "No facturable, fuera del total:",
        "Garantía",
        "Descuento global a no facturables",
        "No facturable",
        "Valor a pagar",
    ]
    assert [each.amount_clp for each in below if isinstance(each, Amount)] == [-100, 800, 12_700]


def test_copies_and_demonstrations_are_marked_twice(factura: ReadDocument, shop: Shop) -> None:
    copy = CopyMark(reprinted_at=datetime(2026, 11, 22, 21, 55, tzinfo=UTC))
    demonstration = replace(shop, demonstration=True)

    said = words(roll_blocks(factura, shop=demonstration, copy=copy))

    assert said[0] == "COPIA"
    assert "* * *  COPIA  * * *" in said
    assert said.count("DEMOSTRACIÓN - SIN VALIDEZ") == 2


def test_an_issuer_with_little_to_say_leaves_no_empty_lines(
    factura: ReadDocument, shop: Shop
) -> None:
    bare = replace(factura.issuer, giro="", phones=(), email="")
    draft = replace(factura.draft, issuer=bare)

    said = words(roll_blocks(replace(factura, draft=draft), shop=replace(shop, name=bare.name)))

    at = said.index(bare.name)
    assert said[at + 1].startswith("Casa matriz: ")
    assert said[at + 2].startswith("Señor(es): ")


def test_sixty_lines_lose_none(issue: Issue, make_item: MakeItem, shop: Shop) -> None:
    goods = [
        make_item(f"Producto {n}", str(n + 1), str(700 + 13 * n), discount_clp=n) for n in range(60)
    ]
    document = issue(DocumentType.FACTURA, *goods)

    blocks = roll_blocks(document, shop=shop)

    items = [each for each in blocks if isinstance(each, ItemLine)]
    assert [each.name for each in items] == [f"Producto {n}" for n in range(60)]
    assert [each.amount_clp for each in items] == [(n + 1) * (700 + 13 * n) for n in range(60)]
    assert column_clp(blocks) == document.totals.net_clp
