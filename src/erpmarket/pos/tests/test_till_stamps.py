"""The till stamps with a program of its own: the server takes every stamp it makes."""

import base64
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dte.build import adopt, prepare
from dte.caf import Caf, load_caf
from dte.clock import chile_date
from dte.codes import DocumentType
from dte.document import CONSUMER, Draft, Issuer, Line, Receiver
from dte.errors import TextRefused
from dte.rut import Rut
from dte.ted import verify_ted
from sii_simulator.caf_office import CafOffice

NODE = Path(sys.executable).parent / "node"
CASES = Path(__file__).parents[4] / "frontend" / "till" / "device" / "stamp_cases.js"
SEED = 20261123
SHOP = Rut.parse("76918245-4")
NOON = datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC)
WORDY = (
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e"
    "\u201f\u2033\u2022\u2023\u25cf\u25aa\u200b\u200d\u2060\ufeff\u00ad\t\n\r\u00a0\u202f\u205f"
    "\u3000\u2000\u2005\u200a\u2026\u20ac"
)
REFUSED = "\x00\x0b\x1c\x7f\x85\x9f\u0100\u0301\u1680\u2028\u2044\u4e2d\U0001f35e"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One sale to stamp."""

    name: str
    at: datetime = NOON
    folio: int = 7
    total_clp: int = 1990
    receiver: Receiver = CONSUMER

    def facts(self) -> dict[str, Any]:
        at = self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts = {
            "folio": self.folio,
            "at": at,
            "totalClp": self.total_clp,
            "firstItem": self.name,
        }
        if self.receiver == CONSUMER:
            return facts
        receiver = {"rut": str(self.receiver.rut), "name": self.receiver.name}
        return {**facts, "receiver": receiver}

    def draft(self) -> Draft:
        return Draft(
            kind=DocumentType.BOLETA,
            issuer=Issuer(
                rut=SHOP,
                name="Almacén Doña Rosa",
                giro="Minimarket",
                address="Av. Ñuble 123",
                commune="Ñuñoa",
                city="Santiago",
            ),
            receiver=self.receiver,
            lines=(Line(name=self.name, quantity=Decimal(1), unit_price=Decimal(self.total_clp)),),
            issue_date=chile_date(self.at),
        )


@pytest.fixture(scope="module")
def caf(tmp_path_factory: pytest.TempPathFactory) -> Caf:
    office = CafOffice(tmp_path_factory.mktemp("office"))
    xml = office.issue_caf(
        rut=str(SHOP),
        name="ALMACÉN DOÑA ROSA & CÍA",
        quantity=1_000_000,
        authorized_on=datetime(2026, 1, 2, tzinfo=UTC).date(),
    )
    return load_caf(xml)


def till_stamps(caf: Caf, sales: Sequence[Sold]) -> list[Any]:
    pkcs8 = caf.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    document = {
        "caf": caf.element,
        "key": base64.b64encode(pkcs8).decode(),
        "facts": [sale.facts() for sale in sales],
    }
    done = subprocess.run(
        [NODE, CASES],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    teds: list[Any] = json.loads(done.stdout)["teds"]
    return teds


def assert_adopted(caf: Caf, sales: Sequence[Sold]) -> None:
    stamps = till_stamps(caf, sales)

    assert len(stamps) == len(sales)
    for sale, stamp in zip(sales, stamps, strict=True):
        ted = base64.b64decode(stamp)
        document = adopt(draft=sale.draft(), folio=sale.folio, caf=caf, ted=ted, at=sale.at)
        assert document.ted == ted


def test_every_letter_of_the_documents_alphabet_is_stamped_alike(caf: Caf) -> None:
    letters = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))] + list(WORDY)

    assert_adopted(
        caf,
        [
            *(Sold(name=f"Pan{letter}fresco") for letter in letters),
            *(Sold(name=f"a{letter}{letter}") for letter in letters),
            *(Sold(name=f"{letter}Té {letter}") for letter in letters),
        ],
    )


def test_a_name_of_quotes_alone_is_stamped_as_a_dash(caf: Caf) -> None:
    (stamp,) = till_stamps(caf, [Sold(name="“«¿'»”")])

    ted = base64.b64decode(stamp)
    assert b"<IT1>-</IT1>" in ted
    adopt(draft=Sold(name="“«¿'»”").draft(), folio=7, caf=caf, ted=ted, at=NOON)


@pytest.mark.parametrize("letter", REFUSED, ids=lambda letter: f"U+{ord(letter):04X}")
def test_what_the_server_refuses_the_till_refuses_for_the_same_letter(
    caf: Caf, letter: str
) -> None:
    sale = Sold(name=f"Pan x{letter}z y \u0153")
    with pytest.raises(TextRefused) as refused:
        prepare(sale.draft())

    assert till_stamps(caf, [sale]) == [{"refused": refused.value.character}]


def test_long_names_are_cut_at_the_same_letter(caf: Caf) -> None:
    chance = random.Random(SEED)
    alphabet = "aeiouñÑáéíóúüß&<>\"'°½Ææ÷×·« »…€—’  \u00a0" + "bcdlmnprst 123" * 3

    def name(length: int) -> str:
        return "P" + "".join(chance.choices(alphabet, k=length))

    assert_adopted(caf, [Sold(name=name(length)) for length in range(130) for _ in range(3)])


def test_composed_and_decomposed_letters_are_one(caf: Caf) -> None:
    decomposed = "Pin\u0303a, cafe\u0301 y pingu\u0308ino"
    composed, other = till_stamps(caf, [Sold(name="Piña, café y pingüino"), Sold(name=decomposed)])

    assert composed == other
    assert_adopted(caf, [Sold(name=decomposed)])


def test_folios_totals_and_buyers_are_written_alike(caf: Caf) -> None:
    buyers = [
        Receiver(rut=Rut.parse("76543210-3"), name="Compañía “El Ñandú” & Hijos"),
        Receiver(rut=Rut.parse("1000005-K"), name="José  \t Muñoz" + " y otros" * 20),
    ]

    assert_adopted(
        caf,
        [
            *(Sold(name="Pan", folio=folio) for folio in (1, 10, 999_999, 1_000_000)),
            *(Sold(name="Pan", total_clp=total) for total in (1, 10, 990, 5_000_000)),
            *(Sold(name="Pan", receiver=buyer) for buyer in buyers),
        ],
    )


def test_both_nights_of_the_clock_are_told_alike(caf: Caf) -> None:
    # In April 23:00 to 24:00 happens twice, in September 00:00 to 01:00 never.
    nights = [datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)]
    around = [timedelta(minutes=step) for step in range(-150, 151, 10)]
    edges = [timedelta(milliseconds=step) for step in (-1001, -1000, -1, 0, 1, 999)]

    assert_adopted(
        caf,
        [Sold(name="Pan", at=night + step) for night in nights for step in (*around, *edges)],
    )


def test_a_leap_day_and_the_years_last_second_are_told_alike(caf: Caf) -> None:
    days = [
        datetime(2028, 2, 29, 2, 59, 59, 999_000, tzinfo=UTC),
        datetime(2028, 3, 1, 2, 59, 59, tzinfo=UTC),
        datetime(2027, 1, 1, 2, 59, 59, tzinfo=UTC),
        datetime(2027, 1, 1, 3, 0, 0, tzinfo=UTC),
    ]

    assert_adopted(caf, [Sold(name="Pan", at=day) for day in days])


def test_the_stamp_verifies_by_itself(caf: Caf) -> None:
    (stamp,) = till_stamps(caf, [Sold(name="Piña & jugo", folio=12)])

    read = verify_ted(base64.b64decode(stamp))
    assert read.issuer == SHOP
    assert read.facts.folio == 12
    assert read.facts.first_item == "Pina & jugo"
    assert read.stamped_at == datetime(2026, 11, 22, 12, 0, 0)  # noqa: DTZ001 - a wall clock
