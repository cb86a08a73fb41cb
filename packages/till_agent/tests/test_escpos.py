"""The bytes: few commands, one code page, drawer before cut."""

from collections.abc import Callable

import pytest

from dte.blocks import Block, ItemLine, Text
from till_agent.printers.escpos import DRAWER_PULSE, INIT, encode_paper
from till_agent.printers.profiles import PROFILES
from till_agent.text import fit
from till_agent.virtual_printer import MODELS, Interpreter, Roll

PrintRoll = Callable[..., Roll]
SPANISH = "ÁÉÍÓÚÜÑáéíóúüñ ¿¡ ° × · « »"


@pytest.mark.parametrize("model", [name for name in PROFILES if name != "80-cp437"])
def test_prints_every_spanish_letter_through_one_code_page(
    model: str, print_roll: PrintRoll
) -> None:
    roll = print_roll((Text(text=SPANISH),), model)

    assert roll.text_lines == (SPANISH,)
    pages = [what for kind, what in roll.events if kind == "code_page"]
    assert pages == [f"{PROFILES[model].code_page} {PROFILES[model].codec}"]


def test_folds_what_an_old_code_page_lacks(print_roll: PrintRoll) -> None:
    roll = print_roll((Text(text="ÁÉÍÓÚÜÑ áéíóúüñ × · ½ kg"),), "80-cp437")

    assert roll.text_lines == ("AÉIOUÜÑ áéíóúüñ x · ½ kg",)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Cafe\u0301 \u2013 \u2018Sur\u2019\u2026", "Café - 'Sur'..."),
        ("10 \u20ac \u2022 \u201cok\u201d", '10 EUR · "ok"'),
        ("caja\u200b\u00a0fría", "caja fría"),
        ("Łódź \U0001f600 茶", "*ódz * *"),
        ("¿Algo más?", "¿Algo más?"),
    ],
)
def test_writes_foreign_signs_in_its_own(text: str, printed: str, print_roll: PrintRoll) -> None:
    assert print_roll((Text(text=text),)).text_lines == (printed,)


@pytest.mark.parametrize("model", PROFILES)
def test_never_prints_a_question_mark_of_its_own(
    model: str, boleta: tuple[Block, ...], print_roll: PrintRoll
) -> None:
    signs = "".join(map(chr, range(0xA0, 0x250))) + "€™Ωж茶😀"

    roll = print_roll((*boleta, Text(text=signs)), model)

    assert "?" not in "".join(roll.text_lines)
    assert "\ufffd" not in "".join(roll.text_lines)


@pytest.mark.parametrize("codec", ["cp858", "cp850", "cp1252", "cp437"])
def test_fitted_text_always_encodes(codec: str) -> None:
    everything = "".join(chr(code) for code in range(0x40, 0x3000) if chr(code) not in "⁇⁈⁉")

    assert b"?" not in fit(everything, codec).encode(codec)


def test_shows_wrong_letters_when_the_code_page_is_missing(print_roll: PrintRoll) -> None:
    rolls: list[Roll] = []
    printer = Interpreter(MODELS["58-zj5870"], on_roll=rolls.append)

    printer.feed(encode_paper((Text(text="ELECTRÓNICA ñ áéíóú ×"),), PROFILES["58"]))
    printer.tear_off()

    assert ("code_page", "19 missing") in rolls[0].events
    assert rolls[0].text_lines != ("ELECTRÓNICA ñ áéíóú ×",)


def test_opens_the_drawer_before_it_cuts(boleta: tuple[Block, ...], print_roll: PrintRoll) -> None:
    kinds = [kind for kind, _ in print_roll(boleta, drawer=True).events]

    assert kinds.count("drawer") == 1
    assert kinds.index("drawer") < kinds.index("cut")
    assert kinds[-1] == "cut"


def test_leaves_the_drawer_shut_unless_asked(
    boleta: tuple[Block, ...], print_roll: PrintRoll
) -> None:
    assert "drawer" not in [kind for kind, _ in print_roll(boleta).events]


@pytest.mark.parametrize("model", PROFILES)
def test_stays_inside_the_head_and_the_subset(
    model: str, boleta: tuple[Block, ...], print_roll: PrintRoll
) -> None:
    long = ItemLine(name="Extraordinariamente larga " * 3, amount_clp=999_999_999_999)

    events = print_roll((*boleta, long), model, drawer=True).events

    assert [event for event in events if event[0] in {"overflow", "unknown"}] == []


def test_means_the_same_however_the_wire_splits_it(boleta: tuple[Block, ...]) -> None:
    content = encode_paper(boleta, PROFILES["80"], drawer=True)
    rolls: list[Roll] = []
    whole, dribble = (Interpreter(MODELS["80"], on_roll=rolls.append) for _ in range(2))

    whole.feed(content)
    for start in range(0, len(content), 7):
        dribble.feed(content[start : start + 7])

    assert rolls[0].text_lines == rolls[1].text_lines
    assert rolls[0].events == rolls[1].events
    assert rolls[0].image.tobytes() == rolls[1].image.tobytes()


def test_the_right_column_adds_up(boleta: tuple[Block, ...], print_roll: PrintRoll) -> None:
    for model in ("80", "58", "80-180dpi"):
        lines = print_roll(boleta, model).text_lines
        top = next(at for at, line in enumerate(lines) if line.startswith("Pan marraqueta"))
        end = next(at for at, line in enumerate(lines) if line.startswith("TOTAL"))

        column = [_right_amount(line) for line in lines[top:end]]

        assert sum(column) == _right_amount(lines[end]) == 9383


def _right_amount(line: str) -> int:
    last = line.removesuffix(" E").rsplit(" ", 1)[-1]
    if not last.startswith(("$", "-$")) or (line.startswith("  ") and "×" in line):
        return 0
    return int(last.replace("$", "").replace(".", ""))


def test_a_job_for_the_drawer_alone_costs_no_paper() -> None:
    rolls: list[Roll] = []
    printer = Interpreter(MODELS["80"], on_roll=rolls.append)

    content = encode_paper((), PROFILES["80"], drawer=True)
    printer.feed(content)

    assert DRAWER_PULSE in content
    assert rolls == []
    assert encode_paper((), PROFILES["80"]) == INIT
