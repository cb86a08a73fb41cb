"""What was kept before environments were told apart counts where the company is now."""

from django.db import migrations

TELL = """
UPDATE {table} AS kept SET environment = company.environment
  FROM tenancy_company AS company
 WHERE company.id = kept.company_id
"""


class Migration(migrations.Migration):
    dependencies = [("fiscal", "0019_state_of_one_environment")]

    operations = [
        # Backwards the column goes as a whole.
        migrations.RunSQL(TELL.format(table=table), migrations.RunSQL.noop)
        for table in ("fiscal_carriedcredit", "fiscal_door")
    ]
