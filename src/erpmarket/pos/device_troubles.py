"""What `notifications.watch` asks about the tills' devices: which sales a person must look at.

What did not get into the books is told at once, each by itself: `journal_notes`.
"""

from datetime import datetime
from typing import Final

from django.urls import reverse

from erpmarket.notifications.levels import Level, Trouble
from erpmarket.pos.device_queries import count_flagged_sales
from erpmarket.ui.formats import whole

SALES: Final = "pos.sales_to_see"


def device_troubles(at: datetime) -> tuple[Trouble, ...]:  # noqa: ARG001  (the watcher's signature)
    """Tell how many sales wait for somebody to look at them."""
    count = count_flagged_sales()
    if not count:
        return ()
    return (
        Trouble(
            kind=SALES,
            level=Level.WARNING,
            title="Una venta por mirar" if count == 1 else f"{whole(count)} ventas por mirar",
            words="Quedaron registradas y tienen algo raro: un vale usado dos veces, fiado sobre"
            " el límite, un precio o una oferta que no regía. Míralas en Equipos.",
            link=reverse("pos:devices"),
        ),
    )
