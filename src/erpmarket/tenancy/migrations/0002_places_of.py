from django.db import migrations

from erpmarket.tenancy.migrations._places_of import PLACES_OF_SQL


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.RunSQL(PLACES_OF_SQL, "DROP FUNCTION app.places_of(bigint)"),
    ]
