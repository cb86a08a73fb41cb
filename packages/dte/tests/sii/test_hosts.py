"""Which machine takes what, in each environment."""

import dataclasses

import pytest

from dte.sii import CERTIFICATION, PRODUCTION, Hosts, demo_hosts
from dte.sii import hosts as doors


def test_certification_and_production_share_no_address() -> None:
    addresses = [set(dataclasses.astuple(hosts)) for hosts in (CERTIFICATION, PRODUCTION)]

    assert not addresses[0] & addresses[1]
    assert all(url.startswith("https://") for url in addresses[0] | addresses[1])


@pytest.mark.parametrize(
    ("hosts", "query", "upload", "facturas", "claims"),
    [
        (CERTIFICATION, "apicert", "pangal", "maullin", "ws2"),
        (PRODUCTION, "api", "rahue", "palena", "ws1"),
    ],
)
def test_boletas_are_uploaded_to_a_machine_of_their_own(
    hosts: Hosts, query: str, upload: str, facturas: str, claims: str
) -> None:
    """A boleta sent to the machine that answers questions ends in "Acceso Denegado"."""
    assert hosts.boleta_query_url == f"https://{query}.sii.cl/recursos/v1"
    assert hosts.boleta_upload_url == f"https://{upload}.sii.cl/recursos/v1"
    assert hosts.factura_url == f"https://{facturas}.sii.cl"
    assert hosts.claims_url.startswith(f"https://{claims}.sii.cl/WSREGISTRORECLAMODTE")


@pytest.mark.parametrize("base", ["http://127.0.0.1:8400", "http://127.0.0.1:8400/"])
def test_a_simulator_is_all_machines_in_one(base: str) -> None:
    assert demo_hosts(base) == Hosts(
        boleta_query_url="http://127.0.0.1:8400/recursos/v1",
        boleta_upload_url="http://127.0.0.1:8400/recursos/v1",
        factura_url="http://127.0.0.1:8400",
        claims_url=f"http://127.0.0.1:8400{doors.CLAIMS_PATH}",
    )
