"""One customer each has a RUT: shops with doubles of before hear of each, and nothing changes."""

from django.core.management import CommandError
from django.db import migrations, models

DOUBLES = """
SELECT o.shop_name, c.rut, string_agg(c.name, ', ' ORDER BY c.id)
  FROM customers_customer c JOIN tenancy_company o ON o.id = c.company_id
 WHERE c.rut <> ''
 GROUP BY o.id, o.shop_name, c.rut HAVING count(*) > 1
 ORDER BY o.shop_name, c.rut
"""


def refuse_doubles(apps, schema_editor):
    """Name what a person must decide: two accounts of one firm are not ours to put together."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DOUBLES)
        doubles = [f"- {shop}, RUT {rut}: {names}" for shop, rut, names in cursor.fetchall()]
    if doubles:
        raise CommandError(
            "Hay clientes con el mismo RUT, y cada RUT puede ser de uno solo. Con la versión que"
            " tenías, abre Clientes, deja el RUT en uno de cada línea y bórralo en los demás;"
            " después actualiza de nuevo.\n" + "\n".join(doubles)
        )


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_squashed_0007_takes_baes'),
        ('customers', '0001_squashed_0003_price_list'),
        ('tenancy', '0001_squashed_0003_company_contact'),
    ]

    operations = [
        migrations.RunPython(refuse_doubles, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(condition=models.Q(('rut', ''), _negated=True), fields=('company', 'rut'), name='customers_customer_rut'),
        ),
    ]
