"""What runs again and again, told once for both modes: the embedded runner and Celery."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A function without required arguments, called every `seconds`; safe to run twice or at once.

    `function` is a dotted name; it accepts unknown keywords. A `woken` one also runs when
    `fiscal.wake` rings.
    """

    function: str
    seconds: int
    woken: bool = False


PERIODIC: Mapping[str, Periodic] = {
    "fiscal.drain": Periodic(function="erpmarket.fiscal.tasks.drain", seconds=1, woken=True),
    "fiscal.draw_papers": Periodic(
        function="erpmarket.fiscal.paper_tasks.draw_papers", seconds=1, woken=True
    ),
    "fiscal.certify": Periodic(
        function="erpmarket.fiscal.certification_tasks.sign_certification_files", seconds=2
    ),
    # Daily would do; but who starts anew every day would then never come to it.
    "fiscal.forget_keys": Periodic(function="erpmarket.fiscal.tasks.forget_keys", seconds=3600),
    "catalog.apply_prices": Periodic(function="erpmarket.catalog.tasks.apply_prices", seconds=5),
    "catalog.draw_labels": Periodic(function="erpmarket.catalog.tasks.draw_labels", seconds=1),
    "inventory.replay": Periodic(
        function="erpmarket.inventory.tasks.replay", seconds=2, woken=True
    ),
    "inventory.change_methods": Periodic(
        function="erpmarket.inventory.tasks.change_methods", seconds=2
    ),
    "inventory.imports": Periodic(
        function="erpmarket.inventory.import_tasks.work_on_imports", seconds=1
    ),
    "fiscal.report_folios": Periodic(
        function="erpmarket.fiscal.folio_report_tasks.report_folios", seconds=60
    ),
    "fiscal.exchange": Periodic(function="erpmarket.fiscal.exchange_tasks.exchange", seconds=5),
    # Daily would do; but who starts anew every day would then never come to it.
    "inventory.refresh_rates": Periodic(
        function="erpmarket.inventory.low_stock_tasks.refresh_all_rates", seconds=600
    ),
    "inventory.write_counts": Periodic(
        function="erpmarket.inventory.tasks.write_counts", seconds=2
    ),
    # Nightly would do; but who switches off at night would then never come to it.
    "pos.check_shifts": Periodic(function="erpmarket.pos.shift_tasks.check_shifts", seconds=3600),
    "notifications.send_mails": Periodic(
        function="erpmarket.notifications.tasks.send_mails", seconds=5
    ),
    "notifications.fetch_mails": Periodic(
        function="erpmarket.notifications.tasks.fetch_mails", seconds=30
    ),
    "notifications.watch": Periodic(function="erpmarket.notifications.tasks.watch", seconds=60),
}
