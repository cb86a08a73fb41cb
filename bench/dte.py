"""Boletas built, stamped and signed on one core: beside their bare cryptography, and a peer."""

import base64
import contextlib
import hashlib
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from lxml import etree

from bench.dte_shop import AT, BASKET, OWNER_RUT, PASSWORD, SHOP_RUT, DteShop, make_dte_shop
from bench.figures import Figure, median, print_figures
from bench.peer_environment import ROOT, peer_python
from dte.build import build
from dte.document import Receiver
from dte.envelope import BOLETA_LIMIT, Cover, pack_boletas
from dte.keys import rsa_sign_sha1
from dte.rut import Rut, check_digit
from dte.signer import sign_document
from dte.xml.canonical import canonical
from dte.xml.parse import child, parse_text
from dte.xml.read import read_document

ROUNDS = 7
PER_ROUND = 400
READS = 400
WARM_DOCUMENTS = 5_000
GROWTH_DOCUMENTS = 50_000
MEGABYTE = 1_000_000
# Documents of one call to the peer; see dte_peer.py.
PER_CALL = 20
COVER = Cover(
    issuer=Rut.parse(SHOP_RUT),
    sender=Rut.parse(OWNER_RUT),
    resolution_date=date(2014, 8, 22),
    resolution_number=80,
)


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Seconds per document, round by round; ours, the floor and the peer in turn."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    envelope: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)


def main() -> None:
    """Run the benchmark and print its figures."""
    shop = make_dte_shop()
    with tempfile.TemporaryDirectory(prefix="erp-bench-dte-") as folder:
        case = _write_case(Path(folder), shop)
        with _peer(case) as ask_peer:
            rounds = _measure(shop, ask_peer)
    print(f"issuing {GROWTH_DOCUMENTS:,} boletas to see whether memory grows …", flush=True)
    growth = _rss_growth_mb(shop)
    print_figures("boleta of 5 lines: built, stamped, signed; one core", _figures(rounds, growth))


def _measure(shop: DteShop, ask_peer: Callable[[], float]) -> Rounds:
    rounds = Rounds()
    signed = [_issue(shop, folio) for folio in range(1, BOLETA_LIMIT + 1)]
    floor = _make_floor(shop, signed[0])
    _pack_and_check(signed[:1], shop)
    _timed(lambda: _issue(shop, 1), PER_ROUND)
    ask_peer()
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS} …", flush=True)
        rounds.ours.append(_timed(lambda: _issue(shop, 1), PER_ROUND))
        rounds.floor.append(_timed(floor, PER_ROUND))
        rounds.peer.append(ask_peer())
        rounds.envelope.append(_timed(lambda: _pack_and_check(signed, shop), 1))
        rounds.reading.append(_timed(lambda: read_document(signed[0]), READS))
    return rounds


def _issue(shop: DteShop, folio: int) -> bytes:
    document = build(draft=shop.draft, folio=folio, caf=shop.caf, at=AT)
    return sign_document(document.xml, shop.certificate)


def _make_floor(shop: DteShop, signed: bytes) -> Callable[[], object]:
    """Return the work that no library can leave out: two signatures, one C14N, one digest.

    The tree to be canonicalised is parsed beforehand, and C14N goes straight to libxml2.
    """
    document = child(parse_text(signed.decode("iso-8859-1")), "Documento")
    assert document is not None, "we have just signed it"
    alone = etree.fromstring(canonical(document))
    # As long as a flat DD and a SignedInfo are.
    stamped = b"x" * 700
    to_sign = b"x" * 500

    def floor() -> None:
        rsa_sign_sha1(shop.caf.private_key, stamped)
        hashlib.sha1(etree.tostring(alone, method="c14n"), usedforsecurity=False).digest()
        rsa_sign_sha1(shop.certificate.private_key, to_sign)

    return floor


def _pack_and_check(signed: list[bytes], shop: DteShop) -> None:
    pack_boletas(signed, COVER, shop.certificate, AT, check=True)


def _timed(work: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times


def _rss_growth_mb(shop: DteShop) -> float:
    """Issue documents with buyers, names and prices of their own; return what memory gained."""
    for folio in range(1, WARM_DOCUMENTS):
        _issue_another(shop, folio)
    before = _rss_bytes()
    for folio in range(WARM_DOCUMENTS, WARM_DOCUMENTS + GROWTH_DOCUMENTS):
        _issue_another(shop, folio)
    return (_rss_bytes() - before) / MEGABYTE


def _issue_another(shop: DteShop, number: int) -> None:
    first, *rest = shop.draft.lines
    line = replace(first, name=f"Producto {number}", unit_price=Decimal(1000 + number % 977))
    buyer = Receiver(
        rut=Rut(5_000_000 + number, check_digit(5_000_000 + number)), name=f"Cliente {number}"
    )
    draft = replace(shop.draft, receiver=buyer, lines=(line, *rest))
    document = build(draft=draft, folio=number, caf=shop.caf, at=AT)
    sign_document(document.xml, shop.certificate)


def _rss_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def _write_case(folder: Path, shop: DteShop) -> Path:
    case = folder / "case.json"
    content = {
        "issuer": {
            "RUTEmisor": SHOP_RUT,
            "RznSoc": shop.draft.issuer.name,
            "GiroEmis": shop.draft.issuer.giro,
            "DirOrigen": shop.draft.issuer.address,
            "CmnaOrigen": shop.draft.issuer.commune,
            "CiudadOrigen": shop.draft.issuer.city,
            "Modo": "certificacion",
            "NroResol": 0,
            "FchResol": "2026-01-01",
        },
        "pfx": base64.b64encode(shop.pfx).decode(),
        "password": PASSWORD,
        "caf": base64.b64encode(shop.caf_file).decode(),
        "date": shop.draft.issue_date.isoformat(),
        "basket": BASKET,
    }
    case.write_text(json.dumps(content), encoding="utf-8")
    return case


@contextlib.contextmanager
def _peer(case: Path) -> Iterator[Callable[[], float]]:
    """Start the peer; the function given asks it for one call of 20: seconds per document."""
    command = [peer_python(), ROOT / "bench" / "dte_peer.py", case]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as peer:
        asked, answered = peer.stdin, peer.stdout
        assert asked is not None, "a pipe was ordered"
        assert answered is not None, "a pipe was ordered"

        def ask() -> float:
            asked.write("go\n")
            asked.flush()
            return float(answered.readline()) / PER_CALL

        try:
            yield ask
        finally:
            asked.close()


def _figures(rounds: Rounds, growth_mb: float) -> tuple[Figure, ...]:
    ours, floor, peer = median(rounds.ours), median(rounds.floor), median(rounds.peer)
    floor_ratio = median([bare / our for bare, our in zip(rounds.floor, rounds.ours, strict=True)])
    peer_ratio = median([their / our for their, our in zip(rounds.peer, rounds.ours, strict=True)])
    return (
        Figure(name="dte.boleta.per_s", value=1 / ours, unit="1/s", floor=1 / floor),
        Figure(name="dte.boleta.floor_ratio", value=floor_ratio, unit="ratio", goal="≥ 0.6"),
        Figure(name="dte.boleta.peer_ratio", value=peer_ratio, unit="ratio", goal="≥ 100"),
        Figure(name="dte.peer.per_s", value=1 / peer, unit="1/s"),
        Figure(
            name="dte.envelope500_ms",
            value=median(rounds.envelope) * 1000,
            unit="ms",
            goal="≤ 100",
        ),
        Figure(name="dte.read.per_s", value=1 / median(rounds.reading), unit="1/s"),
        Figure(name="dte.rss_growth_mb", value=growth_mb, unit="MB", goal="≤ 5"),
    )


if __name__ == "__main__":
    main()
