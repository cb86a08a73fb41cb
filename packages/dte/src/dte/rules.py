"""Switches over rules of law whose text or whose enforcement is not beyond doubt."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dte.amounts import to_pesos
from dte.law import Norm, find_number
from dte.uf import year_end_uf


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How strictly `prepare` judges; the defaults are what we recommend.

    `uf_clp` is the UF of 31 December of the year before, in pesos, when the caller knows it
    better than our table. `identify_large_sales` asks for the buyer and the means of payment of
    a boleta above 135 UF. `require_transport` asks guías, and facturas that go along with goods,
    for origin, destination, carrier, driver and plate from 2026-05-01 on. `nota_to_consumer`
    lets a nota name the unknown buyer of a boleta (whether the SII takes 66666666-6 in every
    credit note is not established).
    Source: Ley 21.713; Res. Ex. SII 44 of 2025; Res. Ex. SII 154 of 2025.
    """

    uf_clp: Decimal | None = None
    identify_large_sales: bool = True
    require_transport: bool = True
    nota_to_consumer: bool = True

    def identified_above_clp(self, on: date) -> int | None:
        """Return the total above which a boleta names its buyer, in pesos; None for no limit.

        Source: Ley 21.713; Res. Ex. SII 44 of 2025: 135 UF of 31 December of the year before.
        """
        limit_uf = find_number(Norm.IDENTIFIED_ABOVE_UF, on)
        if limit_uf is None or not self.identify_large_sales:
            return None
        return to_pesos(limit_uf * (self.uf_clp or year_end_uf(on)))

    def transport_is_required(self, on: date) -> bool:
        """Say whether the papers of moved goods must tell who carries them.

        Source: Res. Ex. SII 154 of 2025, from 2026-05-01.
        """
        return self.require_transport and find_number(Norm.TRANSPORT_STATED_ITEMS, on) is not None


DEFAULT_RULES = Rules()
