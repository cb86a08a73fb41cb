"""In the demo the simulated SII gives folios on request, as the certification site would."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings

from dte.errors import DteError
from dte.sii import HttpTransport
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.certify_start import CertificationRefused
from erpmarket.fiscal.actions.load_caf import SIZE_LIMIT_BYTES, load_caf
from erpmarket.fiscal.certification_models import CertificationRun
from erpmarket.fiscal.certification_queries import find_open_run, list_open_folios
from erpmarket.tenancy.models import Environment
from erpmarket.tenancy.queries import get_company

KINDS: Final = (33, 34, 39, 52, 56, 61)
QUANTITY: Final = 60
_TIMEOUT_SECONDS: Final = 10
_OK: Final = 200


def ask_rehearsal_folios(*, at: datetime) -> int:
    """Get folios of every type that has none left; return of how many types.

    Raises CertificationRefused (no_run, no_folios) outside a rehearsal or without that SII.
    """
    run = find_rehearsal("Los folios de ensayo son solo para la demostración.")
    held = {row.kind for row in list_open_folios(run, on=local_date(at))}
    # All are asked for before the first row is written: nobody waits for a lock meanwhile.
    company = get_company()
    orders = [
        order_folios(rut=company.rut, name=company.name, kind=kind, quantity=QUANTITY)
        for kind in KINDS
        if kind not in held
    ]
    for xml in orders:
        load_caf(xml=xml, at=at, environment=run.environment)
    return len(orders)


def find_rehearsal(words: str) -> CertificationRun:
    """Find the open rehearsal; raises CertificationRefused (no_run) with these words."""
    run = find_open_run()
    if run is None or run.environment != Environment.REHEARSAL or not settings.SII_DEMO_URL:
        raise CertificationRefused(reason="no_run", words=words)
    return run


def order_folios(*, rut: str, name: str, kind: int, quantity: int) -> bytes:
    """Get a file of folios of the simulated SII. Raises CertificationRefused (no_folios)."""
    order = {"rut": rut, "name": name, "kind": kind, "quantity": quantity}
    return ask_simulator(
        "caf",
        order,
        words="El SII simulado no dio folios. Revisa que esté en marcha y prueba otra vez.",
    )


def ask_simulator(path: str, order: Mapping[str, object], *, words: str) -> bytes:
    """Bring an order to the simulated SII. Raises CertificationRefused (no_folios)."""
    try:
        answer = HttpTransport().request(
            method="POST",
            url=f"{settings.SII_DEMO_URL}/simulador/{path}",
            headers={"content-type": "application/json"},
            body=json.dumps(order).encode(),
            timeout_seconds=_TIMEOUT_SECONDS,
            max_bytes=SIZE_LIMIT_BYTES,
        )
    except DteError as error:
        raise CertificationRefused(reason="no_folios", words=error.message) from error
    if answer.status != _OK:
        raise CertificationRefused(reason="no_folios", words=words)
    return answer.body
