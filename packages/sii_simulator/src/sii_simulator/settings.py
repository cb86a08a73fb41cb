"""What can be set on a simulator, with the values of a demo."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

BIG_BOLETA_UF = 135


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Delays, limits and the environment's resolution; times in the unit their name says."""

    # One pause per stage; an envelope passes six of them on its way from REC to EPR.
    stage_ms: int = 200
    seed_life_seconds: int = 120
    token_life_seconds: int = 3600
    # The same bytes within this time get the former track id. Source: live answer of the SII.
    repeat_seconds: int = 900
    upload_limit_bytes: int = 8 * 1024 * 1024
    # A full EnvioDTE holds 2,000 documents.
    factura_upload_limit_bytes: int = 20 * 1024 * 1024
    # In certification the number is 0 and the date is what the SII shows for the company.
    resolution_number: int = 0
    resolution_date: date = date(2014, 8, 22)
    # The factura gateway answers a schema error at once (STATUS 7); off, it comes later as RSC.
    schema_at_upload: bool = True
    # Unused folios a company may hold per type (MAX_AUTOR); None grants whatever is asked.
    unused_folio_limit: int | None = None
    # The level of single rules of `rules.py` by key, e.g. (("HED-152", 3),); 0 turns one off.
    # HED-107: whether a nota may go to 66666666-6 was not established.
    rule_levels: tuple[tuple[str, int], ...] = (("HED-107", 0),)
    # Live, a folio sent again turns the whole envelope down; off, only the document (DTE-3-510).
    repeated_folio_rejects_envelope: bool = True
    # (company, person) pairs: a company that is named here takes no other person's signature.
    signers: tuple[tuple[str, str], ...] = ()
    # Types whose folios lapse six months after FA. Source: Res. Ex. SII 58 of 2017; whether 52
    # belongs here is disputed.
    expiring_kinds: tuple[int, ...] = (33, 43, 46, 56, 61)
    # Source: Res. Ex. SII 154 of 2025.
    transport_from: date = date(2026, 5, 1)
    # Source: Ley 21.713, Res. Ex. SII 44 of 2025. The value is that of 31 December of the year
    # before, and must be set every year.
    big_boleta_from: date = date(2025, 9, 1)
    uf_clp: Decimal = Decimal("39727.96")

    @property
    def big_boleta_clp(self) -> int:
        """The largest total for which a boleta need not name its buyer."""
        return int(BIG_BOLETA_UF * self.uf_clp)

    def may_sign(self, person: str | None, *, company: str) -> bool:
        """Tell whether a person may sign and send for a company."""
        listed = [signer for issuer, signer in self.signers if issuer == company]
        return not listed or person in listed
