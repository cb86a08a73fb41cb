"""Where text breaks, and that nothing is lost or wider than the paper."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dte.amounts import pesos_text
from dte.blocks import (
    Amount,
    Block,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Qr,
    Text,
    TextRole,
    Total,
    as_copy,
    as_demonstration,
)
from till_agent.layout import DoesNotFit, Line, lay_out
from till_agent.printers.profiles import PROFILES
from till_agent.virtual_printer import Roll

SEED = 20261122
WORDS = [
    "Queso",
    "gauda",
    "laminado",
    "Los",
    "Robles",
    "3",
    "L",
    "corte",
    "delgado",
    "de",
    "vitrina",
    "Extraordinariamente",
]


def lines_of(blocks: tuple[Block, ...], profile: str = "80") -> list[str]:
    return [
        "".join(segment.text for segment in part.segments)
        for part in lay_out(blocks, PROFILES[profile])
        if isinstance(part, Line)
    ]


def long_name(chance: random.Random) -> str:
    name = " ".join(chance.choice(WORDS) for _ in range(14))
    return name[: chance.randint(1, 80)].strip() or "Pan"


@pytest.mark.parametrize("profile", ["80", "58", "80-180dpi"])
def test_never_passes_the_columns_nor_cuts_a_name(profile: str) -> None:
    chance = random.Random(SEED)
    columns = PROFILES[profile].columns

    for _ in range(700):
        name, amount = long_name(chance), chance.randint(1, 10 ** chance.randint(1, 12) - 1)
        exempt = chance.random() < 0.5
        blocks = (
            ItemLine(name=name, amount_clp=amount, exempt=exempt),
            ItemNote(text=name, amount_clp=-amount),
            Amount(label=name, amount_clp=amount, signed=True, strong=True),
            Total(amount_clp=amount),
            Pair(left=name, right=pesos_text(amount)),
        )
        parts = [part for part in lay_out(blocks, PROFILES[profile]) if isinstance(part, Line)]
        assert all(part.columns <= columns for part in parts), (SEED, name, amount)
        shown = pesos_text(amount) + (" E" if exempt else "")
        words = "".join(lines_of((blocks[0],), profile)).replace(shown, "", 1)
        assert words.replace(" ", "") == name.replace(" ", ""), (SEED, name, amount)


@pytest.mark.parametrize("profile", ["80", "58", "80-180dpi"])
def test_holds_eighty_characters_and_twelve_digits(profile: str) -> None:
    name = "Detergente líquido concentrado Brisa Matinal para ropa blanca y de color 3 L xyz"
    assert len(name) == 80

    lines = lines_of((ItemLine(name=name, amount_clp=999_999_999_999),), profile)

    assert lines[-1] == "$999.999.999.999".rjust(PROFILES[profile].columns)
    assert " ".join(line.strip() for line in lines[:-1]) == name


def test_keeps_a_twelve_character_amount_beside_the_name() -> None:
    name = "Mermelada de damasco artesanal del valle"

    assert lines_of((ItemLine(name=name, amount_clp=99_999_999),), "58") == [
        "Mermelada de damasco $99.999.999",
        "  artesanal del valle",
    ]


def test_keeps_a_number_with_its_unit() -> None:
    assert lines_of((ItemLine(name="Leche entera Campo Sur 1 L", amount_clp=3570),), "58") == [
        "Leche entera Campo Sur    $3.570",
        "  1 L",
    ]


def test_breaks_a_word_longer_than_the_line() -> None:
    assert lines_of((Text(text="x" * 70),), "58") == ["x" * 32, "x" * 32, "x" * 6]


def test_breaks_captions_at_the_dot_first() -> None:
    caption = Text(text="Res. 80 de 2014 · Verifique en www.sii.cl")

    assert lines_of((caption,), "58") == ["Res. 80 de 2014", "Verifique en www.sii.cl"]
    assert lines_of((caption,), "80") == ["Res. 80 de 2014 · Verifique en www.sii.cl"]


def test_names_the_document_on_one_line_with_ten_digits() -> None:
    box = DocumentBox(rut="76.918.245-4", name="BOLETA ELECTRÓNICA", folio=9_999_999_999)

    assert lines_of((box,), "58")[1] == "BOLETA ELECTRÓNICA N° 9999999999"


@pytest.mark.parametrize("profile", ["80", "58", "80-180dpi"])
def test_breaks_the_long_name_of_an_exempt_boleta(profile: str) -> None:
    box = DocumentBox(
        rut="76.918.245-4", name="BOLETA NO AFECTA O EXENTA ELECTRÓNICA", folio=9_999_999_999
    )

    assert lines_of((box,), profile)[1:] == [
        "BOLETA NO AFECTA O EXENTA",
        "ELECTRÓNICA N° 9999999999",
    ]


@pytest.mark.parametrize(
    ("profile", "amount", "sizes"),
    [
        ("80", 20_206, [(2, 2)]),
        ("58", 9_999_999, [(2, 2)]),
        ("58", 99_999_999, [(2, 2), (1, 2)]),
        ("80", 999_999_999_999, [(2, 2)]),
        ("58", 999_999_999_999, [(2, 2), (1, 2)]),
    ],
)
def test_sizes_the_total_by_what_fits(
    profile: str, amount: int, sizes: list[tuple[int, int]]
) -> None:
    parts = lay_out((Total(amount_clp=amount),), PROFILES[profile])

    total = parts[0]
    assert isinstance(total, Line)
    assert [(each.wide, each.tall) for each in total.segments] == sizes
    assert total.columns == PROFILES[profile].columns


def test_uses_the_narrow_label_only_where_the_long_one_does_not_fit() -> None:
    vat = Amount(
        label="El IVA incluido en esta boleta es",
        narrow_label="IVA incluido (19%)",
        amount_clp=3226,
    )

    assert lines_of((vat,), "80") == ["El IVA incluido en esta boleta es         $3.226"]
    assert lines_of((vat,), "58") == ["IVA incluido (19%)        $3.226"]


def test_marks_copies_and_demonstrations_at_both_places(
    boleta: tuple[Block, ...], print_roll: Callable[..., Roll]
) -> None:
    at = datetime(2026, 11, 22, 21, 55, tzinfo=UTC)
    marked = as_copy(as_demonstration(boleta), reprinted_at=at)

    lines = print_roll(marked, "58").text_lines

    assert lines[:3] == ("COPIA", "Reimpresa 22-11-2026 18:55", "DEMOSTRACIÓN - SIN VALIDEZ")
    stamp_at = lines.index("Timbre Electrónico SII")
    assert lines[stamp_at - 2 : stamp_at] == ("DEMOSTRACIÓN - SIN VALIDEZ", "* * * COPIA * * *")
    assert as_copy(marked, reprinted_at=at) == marked


def test_keeps_an_unmarked_original(
    boleta: tuple[Block, ...], print_roll: Callable[..., Roll]
) -> None:
    text = "\n".join(print_roll(boleta).text_lines)

    assert "COPIA" not in text
    assert "DEMOSTRACIÓN" not in text


def test_refuses_a_qr_wider_than_the_head() -> None:
    with pytest.raises(DoesNotFit):
        lay_out((Qr(content="https://boleta.example/" + "x" * 900),), PROFILES["58"])


def test_shop_name_is_big_on_wide_paper_and_tall_on_narrow() -> None:
    name = (Text(text="Almacén Doña Rosa", role=TextRole.SHOP_NAME),)

    wide, narrow = (lay_out(name, PROFILES[paper])[0] for paper in ("80", "58"))

    assert isinstance(wide, Line)
    assert isinstance(narrow, Line)
    assert (wide.segments[0].wide, wide.segments[0].tall) == (2, 2)
    assert (narrow.segments[0].wide, narrow.segments[0].tall) == (1, 2)
