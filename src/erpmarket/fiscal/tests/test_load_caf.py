"""Taking in folios: whose, of which SII, and never twice."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from erpmarket.fiscal.actions.load_caf import CafRefused, load_caf
from erpmarket.fiscal.authorities import keep_demo_key
from erpmarket.fiscal.models import Caf, FolioRange
from erpmarket.fiscal.tests.factories import AT
from erpmarket.tenancy.models import Company, Environment
from erpmarket.tenancy.scope import company_scope
from sii_simulator.caf_office import CafOffice


def _caf(shop: Any, office: Any, **changes: Any) -> bytes:
    order = {
        "rut": shop.rut,
        "name": shop.shop_name,
        "kind": 39,
        "quantity": 100,
        "authorized_on": date(2026, 1, 2),
        **changes,
    }
    xml: bytes = office.issue_caf(**order)
    return xml


def _trusted_office(folder: Path) -> CafOffice:
    office = CafOffice(folder)
    key = office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    return office


def _refusal(xml: bytes) -> CafRefused:
    """Load what must be refused, and assert that nothing was written."""
    before = Caf.objects.count()
    with pytest.raises(CafRefused) as caught:
        load_caf(xml=xml, at=AT)
    assert (Caf.objects.count(), FolioRange.objects.count()) == (before, before)
    return caught.value


def test_folios_can_be_used_from_the_first_to_the_last(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        row = load_caf(xml=_caf(dona_rosa, caf_office, first=810_001), at=AT)

        assert (row.kind, row.first_folio, row.last_folio) == (39, 810_001, 810_100)
        counter = FolioRange.objects.get()
        assert (counter.next_folio, counter.last_folio, counter.caf_id) == (
            810_001,
            810_100,
            row.id,
        )


def test_key_is_kept_sealed_only(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        row = load_caf(xml=_caf(dona_rosa, caf_office), at=AT)

        assert b"PRIVATE" not in bytes(row.public_xml) + bytes(row.sealed_private_key)
        assert b"RSASK" not in bytes(row.public_xml)


@pytest.mark.parametrize("environment", [Environment.CERTIFICATION, Environment.PRODUCTION])
def test_folios_of_the_demo_are_refused_by_a_company_in_earnest(
    dona_rosa: Any, caf_office: Any, environment: Environment
) -> None:
    with company_scope(dona_rosa.company_id):
        Company.objects.update(environment=environment)

        refusal = _refusal(_caf(dona_rosa, caf_office))

    assert refusal.reason == "another_environment"
    assert environment.label.lower() in refusal.message


def test_without_a_demo_sii_no_demo_folios_are_trusted(
    dona_rosa: Any, caf_office: Any, settings: Any, tmp_path: Path
) -> None:
    settings.SII_DEMO_KEY_FILE = tmp_path / "nowhere.json"
    with company_scope(dona_rosa.company_id):
        refusal = _refusal(_caf(dona_rosa, caf_office))

    assert refusal.reason == "another_environment"
    assert "demostración" in refusal.message


def test_folios_signed_by_another_key_of_the_same_number_are_refused(
    dona_rosa: Any, caf_office: Any, settings: Any, tmp_path: Path
) -> None:
    xml = _caf(dona_rosa, caf_office)
    settings.SII_DEMO_KEY_FILE = tmp_path / "key.json"
    key = caf_office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus + 2, exponent=key.exponent)
    with company_scope(dona_rosa.company_id):
        assert _refusal(xml).reason == "tampered"


@pytest.mark.parametrize(("first", "quantity"), [(1, 100), (100, 9), (51, 10), (1, 500)])
def test_a_range_that_shares_one_folio_is_refused(
    dona_rosa: Any, settings: Any, tmp_path: Path, first: int, quantity: int
) -> None:
    settings.SII_DEMO_KEY_FILE = tmp_path / "key.json"
    with company_scope(dona_rosa.company_id):
        load_caf(xml=_caf(dona_rosa, _trusted_office(tmp_path / "one"), first=1), at=AT)
        # No office gives a folio twice, so the same numbers come from another one.
        other = _trusted_office(tmp_path / "two")

        refusal = _refusal(_caf(dona_rosa, other, first=first, quantity=quantity))

    assert refusal.reason == "overlap"
    assert "Pide al SII un rango nuevo" in refusal.message


def test_the_same_numbers_of_another_type_are_another_range(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        load_caf(xml=_caf(dona_rosa, caf_office, first=830_001), at=AT)
        load_caf(xml=_caf(dona_rosa, caf_office, first=830_001, kind=41), at=AT)

        assert FolioRange.objects.count() == 2
