"""Guías: goods of our own, goods for others, and who carries them."""

from collections.abc import Iterator
from typing import Any

import pytest

from dte.codes import DispatchKind, TransferReason
from dte.document import Transport
from dte.xml.read import read_document
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.issue_guia import issue_guia
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.factories import AT
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    TRANSPORT,
    guia_order,
    make_trader,
    trade_item,
)
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def trader(dona_rosa: Any, caf_office: Any) -> Iterator[Branch]:
    with company_scope(dona_rosa.company_id):
        yield make_trader(dona_rosa, caf_office)


def test_a_transfer_goes_to_ourselves_at_the_other_branch(trader: Branch) -> None:
    other = open_branch(name="Bodega", address="Macul 3300", commune="Macul", city="Santiago")

    row = issue_guia(order=guia_order(destination=other), branch=trader, issued_by=None, at=AT).row

    assert (row.kind, row.total_clp, row.transfer_reason) == (52, 0, TransferReason.INTERNAL)
    draft = read_document(bytes(row.xml)).draft
    assert (draft.receiver.rut, draft.receiver.address) == (draft.issuer.rut, "Macul 3300")
    assert draft.transport is not None
    assert (draft.transport.plate, draft.transport.driver_name) == ("KXRT42", "Beto Rojas")


def test_a_delivery_of_a_sale_has_its_amounts(trader: Branch) -> None:
    order = guia_order(
        reason=TransferReason.SALE,
        receiver=BUYER,
        lines=(trade_item(price="4190", quantity="10"),),
        dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER,
    )

    row = issue_guia(order=order, branch=trader, issued_by=None, at=AT).row

    assert (row.net_clp, row.vat_clp, row.total_clp) == (41_900, 7_961, 49_861)


def test_without_a_plate_no_folio_is_taken(trader: Branch) -> None:
    transport = Transport(
        carrier=TRANSPORT.carrier, driver=TRANSPORT.driver, driver_name=TRANSPORT.driver_name
    )

    with pytest.raises(PaperRefused) as refusal:
        issue_guia(order=guia_order(transport=transport), branch=trader, issued_by=None, at=AT)

    assert refusal.value.reason == "transport_without_plate"
    assert not IssuedDocument.objects.exists()


def test_an_instance_may_leave_the_transport_open(trader: Branch, settings: Any) -> None:
    settings.DTE_REQUIRE_TRANSPORT = False

    row = issue_guia(
        order=guia_order(transport=Transport()), branch=trader, issued_by=None, at=AT
    ).row

    assert row.kind == 52


def test_a_double_click_is_one_guia(trader: Branch) -> None:
    order = guia_order()

    first = issue_guia(order=order, branch=trader, issued_by=None, at=AT)
    second = issue_guia(order=order, branch=trader, issued_by=None, at=AT)

    assert (second.row.id, second.is_repeated) == (first.row.id, True)
