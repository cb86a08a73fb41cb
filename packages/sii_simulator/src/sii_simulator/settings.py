"""What can be set on a simulator, with the values of a demo."""

from dataclasses import dataclass
from datetime import date


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
    # In certification the number is 0 and the date is what the SII shows for the company.
    resolution_number: int = 0
    resolution_date: date = date(2014, 8, 22)
    # The factura gateway answers a schema error at once (STATUS 7); off, it comes later as RSC.
    schema_at_upload: bool = True
    # Unused folios a company may hold per type (MAX_AUTOR); None grants whatever is asked.
    unused_folio_limit: int | None = None
