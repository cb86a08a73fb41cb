"""How many events of a device came was counted at each look at the page; from here on it is kept."""

from django.db import migrations

COUNT = """
UPDATE pos_tilldevice d
   SET told_count = (
         SELECT count(*) FROM pos_deviceevent e
          WHERE e.company_id = d.company_id AND e.device_id = d.id AND e.outcome <> 'conflict')
"""


class Migration(migrations.Migration):
    dependencies = [("pos", "0012_sale_note")]

    # Backwards the column goes as a whole. What the release before this one notes while it still
    # runs is not counted here: the page counts what seems to be missing (device_queries).
    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
