"""What PostgreSQL enforces for tenant tables, as constraints that `makemigrations` tracks.

`TenantPolicy` turns row-level security on and forces it, `TenantReference` makes a foreign key
carry the company, `Ledger` refuses UPDATE and DELETE. Why: docs/adr/0002-tenancy.md.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint


class _TableRule(BaseConstraint):
    """A rule of one table, written as SQL; nothing to validate in Python."""

    def _statements(self, model: type[models.Model]) -> tuple[list[str], list[str]]:
        """Return the SQL that creates the rule and the SQL that removes it."""
        raise AssertionError(f"{type(self).__name__} says no SQL for {model.__name__}")

    def constraint_sql(  # type: ignore[override]  # None: nothing goes into CREATE TABLE
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> None:
        self.create_sql(model, schema_editor)

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        assert model is not None and schema_editor is not None, "the editor gives both"  # noqa: PT018
        # Tables and the keys they refer to must exist first, so the statements wait for the
        # migration's end. What is returned runs at once, or is put off too where a column has a
        # default of the database: nothing, and no None, which would be run as a word.
        schema_editor.deferred_sql.extend(self._statements(model)[0])
        return ""

    def remove_sql(
        self,
        model: type[models.Model] | None,
        schema_editor: BaseDatabaseSchemaEditor | None,  # noqa: ARG002  (Django's signature)
    ) -> str:
        assert model is not None, "the editor gives it"
        return ";\n".join(self._statements(model)[1])

    def validate(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  (Django's signature)
        """PostgreSQL is the judge."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _TableRule):
            return NotImplemented
        return self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)


class TenantPolicy(_TableRule):
    """Forced row-level security: a row is visible to its company only, and unbound is an error."""

    def __init__(self, *, name: str, column: str = "company_id") -> None:
        super().__init__(name=name)
        self.column = column

    def _statements(self, model: type[models.Model]) -> tuple[list[str], list[str]]:
        table = model._meta.db_table
        test = f"({self.column} = app.current_company())"
        return (
            [
                f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
                f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
                (
                    f'CREATE POLICY "{self.name}" ON "{table}" FOR ALL TO PUBLIC '
                    f"USING {test} WITH CHECK {test}"
                ),
            ],
            [
                f'DROP POLICY "{self.name}" ON "{table}"',
                f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
                f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY',
            ],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "column": self.column}


class TenantReference(_TableRule):
    """A foreign key that carries the company, so that no row can point across companies."""

    def __init__(self, *, name: str, field: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _statements(self, model: type[models.Model]) -> tuple[list[str], list[str]]:
        field = model._meta.get_field(self.field)
        assert isinstance(field, models.ForeignKey), "only a foreign key refers to a row"
        table, column = model._meta.db_table, field.column
        target = field.related_model._meta.db_table
        return (
            [
                (
                    f'ALTER TABLE "{table}" ADD CONSTRAINT "{self.name}" '
                    f'FOREIGN KEY (company_id, "{column}") REFERENCES "{target}" (company_id, id)'
                ),
            ],
            [f'ALTER TABLE "{table}" DROP CONSTRAINT "{self.name}"'],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}


class Ledger(_TableRule):
    """Rows are appended, never edited or deleted; `written_once` may go from null to a value."""

    def __init__(self, *, name: str, written_once: Sequence[str] = ()) -> None:
        super().__init__(name=name)
        self.written_once = tuple(written_once)

    def _statements(self, model: type[models.Model]) -> tuple[list[str], list[str]]:
        table = model._meta.db_table
        grants = [f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM erp_app, erp_sys']
        if self.written_once:
            columns = ", ".join(f'"{column}"' for column in self.written_once)
            grants.append(f'GRANT UPDATE ({columns}) ON "{table}" TO erp_app')
        arguments = ", ".join(f"'{column}'" for column in self.written_once)
        return (
            [
                *grants,
                (
                    f'CREATE TRIGGER "{self.name}" BEFORE UPDATE OR DELETE ON "{table}" '
                    f"FOR EACH ROW EXECUTE FUNCTION app.refuse_ledger_change({arguments})"
                ),
            ],
            [
                f'DROP TRIGGER "{self.name}" ON "{table}"',
                f'GRANT UPDATE, DELETE ON "{table}" TO erp_app, erp_sys',
            ],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "written_once": self.written_once}


REFUSE_LEDGER_CHANGE_SQL = """
CREATE OR REPLACE FUNCTION app.refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    once text;
    before jsonb;
    after jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := to_jsonb(OLD);
        after := to_jsonb(NEW);
        FOREACH once IN ARRAY coalesce(TG_ARGV, ARRAY[]::text[]) LOOP
            IF before ->> once IS NULL THEN
                before := before - once;
                after := after - once;
            END IF;
        END LOOP;
        IF before = after THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is a ledger: rows are appended, never changed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
