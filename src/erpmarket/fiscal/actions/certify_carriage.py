"""Keep who carries the goods of a certification, for all its guías at once."""

from dataclasses import dataclass

from django.db import transaction

from dte.document import Transport
from dte.rut import Rut
from erpmarket.fiscal.actions.certify_start import CertificationRefused, lock_open_run
from erpmarket.fiscal.certification_models import CertificationRun
from erpmarket.tenancy.queries import get_company


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """A vehicle and who drives it; the company itself carries."""

    plate: str
    driver: Rut
    driver_name: str


@transaction.atomic
def keep_carriage(carriage: Carriage) -> CertificationRun:
    """Write down who carries; what is prepared from now on says so.

    Raises CertificationRefused (no_run).
    """
    run = lock_open_run()
    run.plate, run.driver_rut = carriage.plate, str(carriage.driver)
    run.driver_name = carriage.driver_name
    run.save(update_fields=["plate", "driver_rut", "driver_name"])
    return run


def transport_of(run: CertificationRun) -> Transport:
    """Return what the guías of a certification say of their journey.

    Since May 2026 the SII remarks on guías that do not say it, and it takes no set with remarks.
    Source: Res. Ex. SII 154 of 2025-11-05. Raises CertificationRefused (no_carriage).
    """
    if not run.plate:
        raise CertificationRefused(
            reason="no_carriage",
            words="Este paso lleva guías de despacho y falta decir en qué vehículo va la mercadería"
            " y quién maneja. Escríbelo en esta página, en Quién lleva, y prepara otra vez.",
        )
    return Transport(
        plate=run.plate,
        carrier=Rut.parse(get_company().rut),
        driver=Rut.parse(run.driver_rut),
        driver_name=run.driver_name,
    )
