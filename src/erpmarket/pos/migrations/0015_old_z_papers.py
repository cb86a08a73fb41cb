"""What was closed before papers were told apart may be printed already: its next one is a copy."""

from django.db import migrations

MARK = """
UPDATE pos_shift SET z_paper_uid = uid WHERE closed_at IS NOT NULL AND z_paper_uid IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("pos", "0014_z_paper")]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
