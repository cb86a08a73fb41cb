from django.db import migrations

from erpmarket.fiscal.migrations._public_lookup import PUBLIC_DOCUMENT_SQL


class Migration(migrations.Migration):
    dependencies = [("fiscal", "0006_papers")]

    operations = [
        migrations.RunSQL(
            PUBLIC_DOCUMENT_SQL,
            "DROP FUNCTION app.public_document(varchar, int, bigint, date, bigint)",
        ),
    ]
