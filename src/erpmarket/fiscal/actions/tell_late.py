"""Write down, once for each, the boletas whose legal hour passed before the SII had them."""

from typing import Final

from django.db.models import Exists, OuterRef

from erpmarket.fiscal.actions.leases import Clock
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import SiiEvent
from erpmarket.fiscal.troubles import late_boletas
from erpmarket.tenancy.scope import company_scope

AT_ONCE: Final = 500


def tell_late(*, company_id: int, clock: Clock) -> int:
    """Append the event of each late boleta that has none yet; return how many.

    Call it outside a scope. Who notifies people asks `troubles.list_troubles`.
    """
    at = clock()
    with company_scope(company_id):
        told = SiiEvent.objects.filter(document_id=OuterRef("document_id"), name=EventName.LATE)
        late = list(
            late_boletas(at)
            .exclude(Exists(told))
            .order_by("document_id")
            .values_list("document_id", flat=True)[:AT_ONCE]
        )
        words = "Pasó más de una hora desde la venta y el SII todavía no tiene la boleta."
        append_events(
            [
                Happening(name=EventName.LATE, words=words, document_id=document_id)
                for document_id in late
            ],
            at=at,
        )
    return len(late)
