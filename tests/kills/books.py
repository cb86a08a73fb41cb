"""What came of a till's boletas: on paper, in the books, in the ledgers and at the SII."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.kills.till import SHOP

from dte.rut import Rut
from erpmarket.cli.trial import Trial

TITLE: Final = "BOLETA ELECTRÓNICA N° "
ACCEPTED: Final = frozenset({"DOK", "RPR", "RLV"})
PAGE: Final = 1000
# The devices that a till had since: one, unless its browser lost all and was enrolled anew.
_DEVICES: Final = "SELECT id FROM pos_tilldevice WHERE till_id = {till} AND id > {since}"
_BOOKED: Final = """
SELECT d.folio, d.lease_id, s.total_clp,
       (SELECT count(*) FROM pos_payment p WHERE (p.company_id, p.sale_id) = (s.company_id, s.id)),
       (SELECT count(*) FROM pos_saleline l WHERE (l.company_id, l.sale_id) = (s.company_id, s.id)),
       (SELECT count(*) FROM inventory_stockmove m
         WHERE (m.company_id, m.cause_uid) = (s.company_id, s.uid))
  FROM pos_deviceevent e
  JOIN pos_sale s ON (s.company_id, s.uid) = (e.company_id, e.uid)
  JOIN fiscal_issueddocument d ON (d.company_id, d.source_uid) = (s.company_id, s.uid)
 WHERE e.device_id IN ({devices}) AND e.kind = 'sale' ORDER BY d.folio"""
_EVENTS: Final = """
SELECT outcome, count(*), count(DISTINCT seq), min(seq), max(seq) FROM pos_deviceevent
 WHERE device_id IN ({devices}) GROUP BY device_id, outcome"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A boleta in the books, and how many rows hang on its sale."""

    folio: int
    lease_id: int
    total_clp: int
    payments: int
    lines: int
    moves: int


class Papers:
    """What came out of the printer: originals and copies, by folio."""

    def __init__(self, trial: Trial) -> None:
        self.originals: Counter[int] = Counter()
        self.copies: Counter[int] = Counter()
        self._rolls = trial.shop.folder / "rolls"
        self._read: set[Path] = set()
        self.collect()

    def collect(self) -> None:
        """Count what is new; call it now and then, because the printer keeps the last 200 only."""
        ours = Rut.parse(SHOP.rut).dotted
        # The picture is there once its words are whole.
        for roll in {told.with_suffix(".json") for told in self._rolls.glob("*.png")} - self._read:
            self._read.add(roll)
            lines = json.loads(roll.read_text(encoding="utf-8"))["lines"]
            titles = [line for line in lines if line.startswith(TITLE)]
            if titles and any(ours in line for line in lines):
                is_copy = any("COPIA" in line for line in lines)
                kind = self.copies if is_copy else self.originals
                kind[int(titles[0].removeprefix(TITLE).replace(".", ""))] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A till of the shop, from a moment on."""

    till_id: int
    papers: Papers
    # The newest device of the shop, and the last folio that was printed, before it began.
    since_device: int
    since_folio: int

    @property
    def devices(self) -> str:
        """Select the till's devices since then."""
        return _DEVICES.format(till=self.till_id, since=self.since_device)


def begin(trial: Trial, *, till_id: int) -> Played:
    """Note how things stand before a till sells."""
    newest = trial.ask("SELECT coalesce(max(id), 0) FROM pos_tilldevice")
    papers = Papers(trial)
    return Played(
        till_id=till_id,
        papers=papers,
        since_device=int(newest),
        since_folio=max(papers.originals, default=0),
    )


def booked(trial: Trial, played: Played) -> list[Booked]:
    """Read the boletas that a till's devices have told."""
    rows = trial.ask(_BOOKED.format(devices=played.devices)).splitlines()
    return [
        Booked(
            folio=folio,
            lease_id=lease_id,
            total_clp=total,
            payments=payments,
            lines=lines,
            moves=moves,
        )
        for folio, lease_id, total, payments, lines, moves in (
            map(int, row.split("|")) for row in rows
        )
    ]


def at_the_sii(trial: Trial) -> Counter[int]:
    """Count how often the SII accepted each boleta of the shop, by folio."""
    after = 0
    accepted: Counter[int] = Counter()
    while True:
        url = f"{trial.shop.simulator_url}/simulador/documentos?issuer={SHOP.rut}"
        with urllib.request.urlopen(f"{url}&after={after}&limit={PAGE}", timeout=60) as answer:
            page: dict[str, Any] = json.load(answer)
        rows = page["documents"]
        accepted.update(
            row["folio"] for row in rows if row["kind"] == 39 and row["state"] in ACCEPTED
        )
        if page["next"] is None:
            return accepted
        after = page["next"]


def find_faults(
    trial: Trial, played: Played, sales: Sequence[Booked], *, shown: set[int]
) -> list[str]:
    """List all that is wrong, in words."""
    known = {sale.folio for sale in sales}
    originals = played.papers.originals
    papers = originals + played.papers.copies
    printed = {folio for folio in papers if folio > played.since_folio}
    sii = at_the_sii(trial)
    return [
        *(f"{folio} was shown as paid and is not in the books" for folio in sorted(shown - known)),
        *(f"{folio} was printed and is not in the books" for folio in sorted(printed - known)),
        *(f"{folio} was sold and no customer holds it" for folio in sorted(known - printed)),
        *(
            f"{folio} was printed {originals[folio]} times"
            for folio in sorted(known)
            if originals[folio] > 1
        ),
        *(
            f"the SII accepted {folio} {sii[folio]} times"
            for folio in sorted(known)
            if sii[folio] != 1
        ),
        *_holes(sales),
        *_wrong_rows(sales),
        *_untaken(trial, played),
    ]


def _holes(sales: Sequence[Booked]) -> Iterator[str]:
    for one, following in pairwise(sales):
        if one.folio == following.folio:
            yield f"{one.folio} is a folio twice"
        elif one.lease_id == following.lease_id and one.folio + 1 != following.folio:
            yield f"between {one.folio} and {following.folio} is a hole"


def _wrong_rows(sales: Sequence[Booked]) -> Iterator[str]:
    for sale in sales:
        if (sale.payments, sale.lines, sale.moves) != (1, 1, 1):
            rows = f"{sale.payments} payments, {sale.lines} lines, {sale.moves} moves"
            yield f"{sale.folio} has {rows}"


def _untaken(trial: Trial, played: Played) -> Iterator[str]:
    for row in trial.ask(_EVENTS.format(devices=played.devices)).splitlines():
        outcome, *numbers = row.split("|")
        count, distinct, first, last = map(int, numbers)
        if outcome != "taken":
            yield f"{count} events are {outcome}"
        elif (distinct, first, last) != (count, 1, count):
            yield f"events 1 to {last} are {count}, of {distinct} numbers from {first}"
