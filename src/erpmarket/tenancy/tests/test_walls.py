"""The wall between companies, as PostgreSQL itself reports and enforces it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import Error, connection, transaction

from erpmarket.catalog.actions import create_category, create_product
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.tenancy.actions import found_company
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import CompanySwitch, NoCompany, company_scope

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
# Global by nature: logins and their failed tries, sessions, and Django's own bookkeeping.
GLOBAL_TABLES = frozenset(
    {
        "accounts_user",
        "accounts_signintry",
        "django_session",
        "django_migrations",
        "django_content_type",
    }
)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _tables() -> list[str]:
    return [
        row[0]
        for row in _rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p')"
        )
        if not row[0].startswith("auth_")
    ]


def _tenant_tables() -> list[str]:
    return [table for table in _tables() if table not in GLOBAL_TABLES]


def test_every_table_is_a_tenant_table_or_known_to_be_global() -> None:
    with_company = {
        row[0]
        for row in _rows(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'company_id' AND is_nullable = 'NO'"
        )
    }

    assert set(_tenant_tables()) - with_company == {"tenancy_company"}


def test_every_tenant_table_forces_row_level_security_with_the_loud_policy() -> None:
    found = {
        row[0]: row[1:]
        for row in _rows(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polcmd::text,"
            " pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)"
            " FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        )
    }

    for table in _tenant_tables():
        column = "id" if table == "tenancy_company" else "company_id"
        test = f"({column} = app.current_company())"
        assert found[table] == (True, True, "*", test, test), table


def test_every_unique_key_starts_with_the_company() -> None:
    wrong = [
        row
        for row in _rows(
            "SELECT t.relname, i.relname, a.attname FROM pg_index x"
            " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]"
            " WHERE x.indisunique AND NOT x.indisprimary"
            " AND t.relnamespace = 'public'::regnamespace"
        )
        if row[0] in _tenant_tables() and row[2] != "company_id"
    ]

    assert wrong == []


def test_every_index_starts_with_the_company_but_the_primary_key() -> None:
    wrong = [
        row
        for row in _rows(
            "SELECT t.relname, i.relname, coalesce(a.attname, '') FROM pg_index x"
            " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]"
            " WHERE NOT x.indisprimary AND t.relnamespace = 'public'::regnamespace"
        )
        if row[0] in _tenant_tables() and row[2] != "company_id"
    ]

    # The outbox's list of companies with work asks across them, as erp_sys.
    assert [row for row in wrong if not row[1].endswith("_across")] == []


def test_every_reference_between_tenant_tables_carries_the_company() -> None:
    wrong = [
        row
        for row in _rows(
            "SELECT s.relname, k.conname, t.relname, array_length(k.conkey, 1) FROM pg_constraint k"
            " JOIN pg_class s ON s.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid"
            " WHERE k.contype = 'f' AND s.relnamespace = 'public'::regnamespace"
        )
        if row[0] in _tenant_tables()
        and row[2] in _tenant_tables()
        and row[2] != "tenancy_company"
        and row[3] != 2
    ]

    assert wrong == []


def test_app_role_owns_nothing_and_bypasses_nothing() -> None:
    role = _rows(
        "SELECT current_user::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
        " FROM pg_roles WHERE rolname = current_user"
    )
    owned = _rows("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")

    assert role == [("erp_app", False, False, False, False)]
    assert owned == []


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE catalog_product",
        "ALTER TABLE catalog_product DISABLE ROW LEVEL SECURITY",
        "DROP POLICY catalog_product_rls ON catalog_product",
        "SET ROLE erp_owner",
        "CREATE TABLE public.mine (id int)",
        "CREATE OR REPLACE FUNCTION app.current_company() RETURNS bigint LANGUAGE sql AS 'SELECT 2'",
    ],
)
def test_app_role_cannot_take_the_wall_down(sql: str) -> None:
    with pytest.raises(Error), transaction.atomic():
        _rows(sql)


class Pair:
    """Two companies, one product each."""

    def __init__(self) -> None:
        self.mine = _found("76918245-4", "Doña Rosa")
        self.theirs = _found("68123457-8", "El Vecino")
        self.my_product = _product(self.mine)
        self.their_product = _product(self.theirs)


def _found(rut: str, shop_name: str) -> int:
    return found_company(
        rut=rut,
        name=shop_name,
        shop_name=shop_name,
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        at=AT,
    )


def _product(company_id: int) -> int:
    with company_scope(company_id):
        category = create_category(name="Abarrotes", color_index=0, position=1)
        product = create_product(
            code="A1", name="Azúcar", unit=Unit.PIECE, category_id=category.id, price_clp=1350
        )
        return int(product.id)


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_a_company_sees_its_own_rows_only_also_in_raw_sql(pair: Pair) -> None:
    with company_scope(pair.mine):
        assert list(Product.objects.values_list("id", flat=True)) == [pair.my_product]
        assert _rows("SELECT id FROM catalog_product") == [(pair.my_product,)]
        assert _rows("SELECT id FROM tenancy_company") == [(pair.mine,)]
        assert _rows("SELECT count(*) FROM catalog_category") == [(1,)]


def test_unbound_orm_raises_before_any_statement() -> None:
    with pytest.raises(NoCompany):
        Product.objects.count()


def test_unbound_raw_sql_is_an_error_not_an_empty_answer(pair: Pair) -> None:
    with pytest.raises(Error), transaction.atomic():
        _rows("SELECT * FROM catalog_product")


def test_foreign_rows_cannot_be_changed_or_deleted(pair: Pair) -> None:
    with company_scope(pair.mine), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_product SET price_clp = 1 WHERE id = %s", [pair.their_product]
        )
        changed = cursor.rowcount
        cursor.execute("DELETE FROM catalog_barcode WHERE company_id = %s", [pair.theirs])

        assert (changed, cursor.rowcount) == (0, 0)


def test_a_row_cannot_be_written_for_another_company(pair: Pair) -> None:
    refused = pytest.raises(Error, match="row-level security")
    with company_scope(pair.mine), refused, transaction.atomic():
        Branch.objects.create(company_id=pair.theirs, name="X", address="X", commune="X", city="X")


def test_a_row_cannot_point_at_another_company(pair: Pair) -> None:
    refused = pytest.raises(Error, match="foreign key")
    with company_scope(pair.mine), refused, transaction.atomic():
        _rows(
            "INSERT INTO catalog_barcode (company_id, product_id, code)"
            f" VALUES ({pair.mine}, {pair.their_product}, '123') RETURNING 1"
        )


def test_scopes_do_not_nest(pair: Pair) -> None:
    with company_scope(pair.mine), pytest.raises(CompanySwitch), company_scope(pair.theirs):
        pass


def test_nothing_stays_bound_after_a_scope(pair: Pair) -> None:
    with company_scope(pair.mine):
        Company.objects.get(id=pair.mine)

    with pytest.raises(Error), transaction.atomic():
        _rows("SELECT * FROM catalog_product")


def test_nothing_stays_bound_after_a_scope_that_failed(pair: Pair) -> None:
    with pytest.raises(RuntimeError), company_scope(pair.mine):
        raise RuntimeError

    with pytest.raises(Error), transaction.atomic():
        _rows("SELECT * FROM catalog_product")
