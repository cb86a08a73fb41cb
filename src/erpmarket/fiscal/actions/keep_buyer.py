"""Remember the taxpayers we issue facturas to, so that next time the RUT is enough."""

from datetime import datetime

from dte.document import Receiver
from erpmarket.fiscal.models import Buyer


def keep_buyer(receiver: Receiver, *, at: datetime) -> None:
    """Write a buyer down as the last document named it; an empty mail leaves the known one."""
    facts: dict[str, object] = {
        "name": receiver.name,
        "giro": receiver.giro,
        "address": receiver.address,
        "commune": receiver.commune,
        "city": receiver.city,
        "updated_at": at,
    }
    if receiver.email:
        facts["email"] = receiver.email
    Buyer.objects.update_or_create(rut=str(receiver.rut), defaults=facts)
