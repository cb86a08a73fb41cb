"""A stamp of real size with its key, the blocks of a boleta, and a printer to print them on."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
import rsa

from dte.blocks import (
    Align,
    Amount,
    Block,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Rule,
    RuleStyle,
    Stamp,
    Text,
    TextRole,
    Total,
)
from till_agent.printers.escpos import encode_paper
from till_agent.printers.profiles import PROFILES
from till_agent.virtual_printer import MODELS, Interpreter, Roll, VirtualPrinter


@cache
def folio_key() -> tuple[rsa.PublicKey, rsa.PrivateKey]:
    return rsa.newkeys(512, exponent=3)


@dataclass(frozen=True, kw_only=True)
class MadeStamp:
    """A TED, and the bytes and key with which its signature must verify."""

    ted: bytes
    signed: bytes
    signature: bytes
    key: rsa.PublicKey


def make_stamp(item: str = "Pan marraqueta", receiver: str = "CONSUMIDOR FINAL") -> MadeStamp:
    public, private = folio_key()
    modulus = base64.b64encode(public.n.to_bytes(64, "big")).decode()
    office = base64.b64encode(bytes(range(100, 164))).decode()
    signed = (
        "<DD><RE>76918245-4</RE><TD>39</TD><F>184523</F><FE>2026-11-22</FE><RR>66666666-6</RR>"
        f"<RSR>{receiver}</RSR><MNT>20206</MNT><IT1>{item}</IT1>"
        '<CAF version="1.0"><DA><RE>76918245-4</RE><RS>COMERCIAL LOS AROMOS SPA</RS><TD>39</TD>'
        "<RNG><D>184001</D><H>189000</H></RNG><FA>2026-10-01</FA>"
        f"<RSAPK><M>{modulus}</M><E>Aw==</E></RSAPK><IDK>900</IDK></DA>"
        f'<FRMA algoritmo="SHA1withRSA">{office}</FRMA></CAF><TSTED>2026-11-22T18:42:11</TSTED></DD>'
    ).encode("latin-1")
    signature = rsa.sign(signed, private, "SHA-1")
    frmt = base64.b64encode(signature)
    ted = b'<TED version="1.0">' + signed + b'<FRMT algoritmo="SHA1withRSA">' + frmt
    return MadeStamp(ted=ted + b"</FRMT></TED>", signed=signed, signature=signature, key=public)


def make_boleta(stamp: MadeStamp) -> tuple[Block, ...]:
    def centered(text: str, role: TextRole = TextRole.NORMAL) -> Text:
        return Text(text=text, role=role, align=Align.CENTER)

    return (
        centered("Almacén Doña Rosa", TextRole.SHOP_NAME),
        centered("COMERCIAL LOS AROMOS SpA"),
        centered("Av. Los Aromos 1234, Maipú, Santiago"),
        DocumentBox(rut="76.918.245-4", name="BOLETA ELECTRÓNICA", folio=184523),
        Pair(left="22-11-2026 18:42", right="Caja 1 · Camila R."),
        Rule(style=RuleStyle.LIGHT),
        ItemLine(name="Pan marraqueta", amount_clp=1413),
        ItemNote(text="0,645 kg × $2.190/kg"),
        ItemLine(name="Leche entera Campo Sur 1 L", amount_clp=3570),
        ItemNote(text="3 un × $1.190"),
        ItemNote(text="Promoción lleva 3, paga 2", amount_clp=-1190),
        ItemLine(name="Queso gauda laminado Los Robles, corte delgado de vitrina", amount_clp=4090),
        ItemNote(text="0,455 kg × $8.990/kg"),
        ItemLine(name="Ají verde, ñame y ¡piña! «ÁÉÍÓÚÜÑ áéíóúüñ»", amount_clp=1500, exempt=True),
        Rule(style=RuleStyle.LIGHT),
        Total(amount_clp=9383),
        Amount(
            label="El IVA incluido en esta boleta es",
            narrow_label="IVA incluido (19%)",
            amount_clp=1259,
        ),
        Rule(style=RuleStyle.DASHED),
        Amount(label="Redondeo (Ley 20.956)", amount_clp=-3, signed=True),
        Amount(label="Total a pagar en efectivo", amount_clp=9380, strong=True),
        Stamp(ted=stamp.ted),
        centered("Timbre Electrónico SII"),
        centered("Res. 80 de 2014 · Verifique en www.sii.cl"),
    )


@pytest.fixture(scope="session")
def stamp_maker() -> Callable[..., MadeStamp]:
    return make_stamp


@pytest.fixture(scope="session")
def stamp() -> MadeStamp:
    return make_stamp()


@pytest.fixture(scope="session")
def boleta(stamp: MadeStamp) -> tuple[Block, ...]:
    return make_boleta(stamp)


@pytest.fixture(scope="session")
def print_roll() -> Callable[..., Roll]:
    """Print blocks on the model of the same name, without a wire."""

    def print_on(blocks: tuple[Block, ...], model: str = "80", *, drawer: bool = False) -> Roll:
        rolls: list[Roll] = []
        printer = Interpreter(MODELS[model], on_roll=rolls.append)
        printer.feed(encode_paper(blocks, PROFILES[model], drawer=drawer))
        printer.tear_off()
        assert len(rolls) == 1
        return rolls[0]

    return print_on


@pytest.fixture
def virtual_printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer
