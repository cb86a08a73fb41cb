"""One talk with the SII under a lease: open the way, keep the lease, sort what went wrong."""

from collections.abc import Callable
from typing import TypeVar

from dte.certificate import CertificateExpired, CertificateNotYetValid
from dte.sii import NotSent, OutcomeUnknown, Refused, Unavailable
from erpmarket.fiscal.actions.leases import Clock, HeldEnvelope, keep_lease
from erpmarket.fiscal.sii_clock import forget_hour
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed, open_gateway

Said = TypeVar("Said")
SiiTrouble = NotSent | Unavailable | OutcomeUnknown | Refused | GatewayClosed


def talk_to_sii(
    held: HeldEnvelope,
    clock: Clock,
    say: Callable[[Gateway, Callable[[], None]], Said],
) -> Said | SiiTrouble:
    """Open the company's way to the SII and talk; what goes wrong is returned, not raised.

    `say` gets the gateway and a function that keeps the lease: pass it on as `before_send`, for a
    login may have used the lease up. Raises LeaseLost, and then nothing goes out. The hour that the
    SII told meanwhile can be read from `sii_clock`.
    """
    forget_hour()
    try:
        gateway = open_gateway(
            company_id=held.company_id,
            sealed=held.certificate,
            environment=held.environment,
            at=clock(),
        )
        return say(gateway, lambda: keep_lease(held, at=clock()))
    except (NotSent, Unavailable, OutcomeUnknown, Refused, GatewayClosed) as error:
        return error
    except (CertificateExpired, CertificateNotYetValid) as error:
        return GatewayClosed(error.code, error.message)
