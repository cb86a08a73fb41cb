"""What a job of the exchange does with an open gateway, and what may come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from erpmarket.fiscal.exchange_models import ExchangeJob
from erpmarket.fiscal.sii_gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It worked; `apply` writes what came of it, inside the transaction that closes the job."""

    words: str
    apply: Callable[[ExchangeJob, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """Something else must happen first; `words` says what."""

    words: str


# Gateway, instant, and a function that keeps the lease: called before each request.
Work = Callable[[Gateway, datetime, Callable[[], None]], Done | NotYet]
