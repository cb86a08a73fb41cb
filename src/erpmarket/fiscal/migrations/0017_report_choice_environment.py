from django.db import migrations, models

import erpmarket.tenancy.models


class Migration(migrations.Migration):
    dependencies = [
        ("fiscal", "0016_books"),
    ]

    operations = [
        migrations.AddField(
            model_name="folioreportchoice",
            name="environment",
            field=models.CharField(
                choices=erpmarket.tenancy.models.environments, default="demo", max_length=15
            ),
            preserve_default=False,
        ),
    ]
