"""Two people at the certificate at once, on a database of their own with real commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.store_certificate import store_certificate
from erpmarket.fiscal.models import Certificate
from erpmarket.fiscal.tests.factories import PFX_PASSWORD, SIGNER
from erpmarket.tenancy.scope import company_scope

PEOPLE = 4


def _at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run everything from one starting shot; refusals come back as values."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return work()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.parametrize("stored_before", [0, 1])
def test_certificates_stored_at_once_leave_one_in_use(
    fresh_database: str, found_cast: Any, caf_office: Any, stored_before: int
) -> None:
    company_id = found_cast()[0].company_id
    pfx = bytes(
        caf_office.issue_certificate(rut=SIGNER, name="Rosa Núñez Soto", password=PFX_PASSWORD)
    )

    def store() -> Certificate:
        with company_scope(company_id):
            return store_certificate(pfx=pfx, password=PFX_PASSWORD, at=now())

    for _ in range(stored_before):
        store()

    answers = _at_once([store] * PEOPLE)

    assert [type(answer) for answer in answers] == [Certificate] * PEOPLE
    with company_scope(company_id):
        rows = list(Certificate.objects.order_by("id").values_list("is_active", flat=True))
    assert rows == [False] * (stored_before + PEOPLE - 1) + [True]
