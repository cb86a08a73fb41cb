"""No folio in two places, whoever writes: what constraints of one table cannot say."""

from django.db import migrations

from erpmarket.fiscal.migrations._folio_guards import (
    BLOCK_GUARDS_SQL,
    DOCUMENT_GUARD_SQL,
    NO_GUARDS_SQL,
)


class Migration(migrations.Migration):
    """Functions and triggers only; the columns they read came with 0005_folio_blocks."""

    dependencies = [("fiscal", "0007_public_lookup")]

    operations = [migrations.RunSQL(DOCUMENT_GUARD_SQL + BLOCK_GUARDS_SQL, NO_GUARDS_SQL)]
