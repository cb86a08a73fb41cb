from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0002_returns_and_vouchers"),
    ]

    operations = [
        migrations.AddField(
            model_name="shift",
            name="reprint_count",
            field=models.IntegerField(db_default=0, default=0),
        ),
    ]
