from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class TenancyConfig(AppConfig):
    """Refuses to work with more power than the process was given."""

    name = "erpmarket.tenancy"

    def ready(self) -> None:
        connection_created.connect(_refuse_too_much_power, dispatch_uid="tenancy_power")


def _refuse_too_much_power(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    """Stop a web process or worker whose role could see through the wall."""
    if connection.alias != "default" or settings.DATABASE_ROLE == "erp_owner":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            raise ImproperlyConfigured(
                f"role {connection.settings_dict['USER']} bypasses row-level security"
            )
