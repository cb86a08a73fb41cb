"""Ledgers only grow, whoever asks: by privilege, and by trigger for who has the privilege."""

from typing import Any

import pytest
from django.apps import apps
from django.db import Error, connection, transaction

from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.models import Sale
from erpmarket.pos.tests.factories import (
    AT,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.tenancy.rls import Ledger
from erpmarket.tenancy.scope import company_scope

# Architecture §6; a ledger that loses its rule must not pass by being forgotten here.
LEDGERS = {
    "catalog_pricechange",
    "catalog_priceplan",
    "catalog_productedit",
    "catalog_promotionversion",
    "customers_customermove",
    "customers_storecreditmove",
    "fiscal_certificationdocument",
    "fiscal_certificationset",
    "fiscal_correctedline",
    "fiscal_creditmark",
    "fiscal_documentreference",
    "fiscal_documentrevision",
    "fiscal_exchangeevent",
    "fiscal_folioreportchoice",
    "fiscal_foliovoid",
    "fiscal_issueddocument",
    "fiscal_madearchive",
    "fiscal_receivedfile",
    "fiscal_rulechoice",
    "fiscal_siievent",
    "inventory_countentry",
    "inventory_removal",
    "inventory_removalline",
    "inventory_ruleschange",
    "inventory_stockmove",
    "pos_cashmove",
    "pos_deviceevent",
    "pos_eventreview",
    "pos_payment",
    "pos_sale",
    "pos_salediscount",
    "pos_salenote",
    "pos_saleflag",
    "pos_saleline",
    "pos_salereturn",
    "pos_salereturnline",
    "pos_shiftclosing",
    "pos_tilldeed",
    "purchasing_costchange",
    "purchasing_payableentry",
    "purchasing_settlement",
    "purchasing_supplieredit",
    "purchasing_supplierreturn",
    "purchasing_supplierreturnline",
}


def _declared() -> dict[str, Ledger]:
    return {
        model._meta.db_table: rule
        for model in apps.get_models()
        for rule in model._meta.constraints
        if isinstance(rule, Ledger)
    }


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_all_ledgers_are_declared() -> None:
    assert set(_declared()) == LEDGERS


def test_the_app_role_may_neither_change_nor_delete_nor_truncate_a_ledger(db: None) -> None:
    for table, rule in _declared().items():
        may = _rows(
            f"SELECT has_table_privilege('{table}', 'UPDATE'),"
            f" has_table_privilege('{table}', 'DELETE'),"
            f" has_table_privilege('{table}', 'TRUNCATE')"
        )
        columns = _rows(
            "SELECT column_name::text FROM information_schema.column_privileges"
            f" WHERE table_name = '{table}' AND privilege_type = 'UPDATE'"
            " AND grantee = current_user"
        )

        assert may == [(False, False, False)], table
        assert {row[0] for row in columns} == set(rule.written_once), table


def test_every_ledger_has_the_trigger_that_binds_its_owner_too(db: None) -> None:
    found = _rows(
        "SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE p.proname = 'refuse_ledger_change' AND t.tgenabled = 'O'"
    )

    assert {row[0] for row in found} == LEDGERS


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        selling = make_selling_shop(dona_rosa, caf_office)
        request = make_request(
            cart_line(make_product(selling.category)), total_clp=1350, tenders=[cash(1350)]
        )
        return commit_sale(till_id=selling.till.id, request=request, at=AT).paper


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE pos_sale SET total_clp = 1",
        "DELETE FROM pos_payment",
        "UPDATE inventory_stockmove SET value = 0",
        "UPDATE fiscal_issueddocument SET xml = '\\x00'",
        "UPDATE fiscal_issueddocument SET signed_xml = '\\x00', folio = 1",
    ],
)
def test_a_ledger_is_not_changed(paper: IssuedDocument, dona_rosa: Any, sql: str) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

        assert Sale.objects.get().total_clp == 1350
        assert bytes(IssuedDocument.objects.get().xml) == bytes(paper.xml)


def test_the_signed_copy_is_written_once(paper: IssuedDocument, dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        IssuedDocument.objects.filter(id=paper.id).update(signed_xml=b"signed")

        refused = pytest.raises(Error, match="is a ledger")
        with refused, transaction.atomic():
            IssuedDocument.objects.filter(id=paper.id).update(signed_xml=b"other")

        assert bytes(IssuedDocument.objects.get().signed_xml) == b"signed"
