"""What the watcher says about folios, at two levels, to those who may load them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from erpmarket.fiscal.models import FolioRange
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios
from erpmarket.fiscal.watch import folio_troubles
from erpmarket.notifications.levels import Level
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

LATER = datetime(2026, 11, 20, 20, tzinfo=UTC)


def told(shop: Any, at: datetime = LATER) -> list[tuple[str, str, Level]]:
    with company_scope(shop.company_id):
        return [(row.kind, row.key, row.level) for row in folio_troubles(at)]


def stock(shop: Any, office: Any, *, quantity: int, sold: int) -> None:
    with company_scope(shop.company_id):
        make_folios(shop, office, quantity=quantity)
        FolioRange.objects.update(expires_on=None)
        for _ in range(sold):
            make_document(shop)


def test_enough_folios_are_no_trouble(dona_rosa: Any, caf_office: Any) -> None:
    stock(dona_rosa, caf_office, quantity=40, sold=2)

    assert told(dona_rosa) == []


def test_folios_for_a_week_are_a_warning(dona_rosa: Any, caf_office: Any) -> None:
    stock(dona_rosa, caf_office, quantity=12, sold=2)

    assert told(dona_rosa) == [("folios.low", "39", Level.WARNING)]


def test_folios_for_two_days_are_a_danger(dona_rosa: Any, caf_office: Any) -> None:
    stock(dona_rosa, caf_office, quantity=5, sold=2)

    assert told(dona_rosa) == [("folios.low", "39", Level.DANGER)]


def test_no_folio_left_says_so(dona_rosa: Any, caf_office: Any) -> None:
    stock(dona_rosa, caf_office, quantity=2, sold=2)

    with company_scope(dona_rosa.company_id):
        (row,) = folio_troubles(LATER)

    assert (row.level, row.title) == (Level.DANGER, "Se acabaron los folios de boleta")
    assert (
        row.words == "No puedes dar más documentos de tipo boleta. Pide folios al SII y cárgalos."
    )
    assert (row.link, row.roles) == ("/sii/folios/", (Role.OWNER, Role.ACCOUNTANT))


def test_folios_that_expire_within_a_month_are_told(dona_rosa: Any, caf_office: Any) -> None:
    stock(dona_rosa, caf_office, quantity=200, sold=1)
    with company_scope(dona_rosa.company_id):
        FolioRange.objects.update(expires_on=(AT + timedelta(days=20)).date())

    with company_scope(dona_rosa.company_id):
        (row,) = folio_troubles(LATER)

    assert (row.kind, row.key, row.level) == ("folios.expiring", "39", Level.WARNING)
    assert row.words.startswith("199 folios de boleta vencen el")


def test_company_without_folios_has_nothing_to_tell(el_vecino: Any) -> None:
    assert told(el_vecino) == []
