"""Zero days stood for "cash" and for "nobody said": taken for unsaid, nothing is overdue by guess."""

from django.db import migrations

TELL = "UPDATE purchasing_supplier SET payment_days = NULL WHERE payment_days = 0"
UNTELL = "UPDATE purchasing_supplier SET payment_days = 0 WHERE payment_days IS NULL"


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0004_payables_without_due_day")]

    operations = [migrations.RunSQL(TELL, UNTELL)]
