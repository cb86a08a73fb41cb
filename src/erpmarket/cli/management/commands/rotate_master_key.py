"""`manage.py rotate_master_key`: the last step but one of changing the master key.

Before: give every program the new key as ERP_MASTER_KEY and the old one as ERP_MASTER_KEY_PREVIOUS
(or their _FILE forms) and start it again; from then on both open and the new one seals. After: take
ERP_MASTER_KEY_PREVIOUS away.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from erpmarket.cli.rotation import reseal_everything
from erpmarket.fiscal.vault import MASTER_KEY_WRONG, SealBroken, check_master_key


class Command(BaseCommand):
    """Reseal what the old key sealed; run it again after a stop, it goes on where it was."""

    help = "Brings certificates, CAF keys and mail passwords under the new master key."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the keys from files, for whoever does not keep them in the environment."""
        parser.add_argument("--old-key-file", type=Path, help="llave anterior (32 bytes, base64)")
        parser.add_argument("--new-key-file", type=Path, help="llave nueva (32 bytes, base64)")

    def handle(self, *_arguments: Any, **options: Any) -> None:  # noqa: ANN401  (Django's signature)
        """Reseal everything and say how many rows changed."""
        if "sys" not in settings.DATABASES:
            raise CommandError("Falta ERP_SYS_ROLE: cambiar la llave necesita el rol erp_sys.")
        if options["new_key_file"] is not None:
            settings.MASTER_KEY = _read(options["new_key_file"])
        if options["old_key_file"] is not None:
            settings.MASTER_KEY_PREVIOUS = _read(options["old_key_file"])
        if settings.MASTER_KEY_PREVIOUS in ("", settings.MASTER_KEY):
            raise CommandError(
                "Falta la llave anterior: dala en ERP_MASTER_KEY_PREVIOUS(_FILE) o con"
                " --old-key-file, y la nueva en ERP_MASTER_KEY(_FILE) o con --new-key-file."
            )
        try:
            check_master_key()
            total = reseal_everything(
                lambda company, count: self.stdout.write(f"empresa {company}: {count} secretos")
            )
        except SealBroken as error:
            raise CommandError(f"{MASTER_KEY_WRONG} ({error})") from error
        self.stdout.write(
            f"Listo: {total} secretos quedaron bajo la llave nueva. Cuando todos los programas la"
            " tengan, saca ERP_MASTER_KEY_PREVIOUS y guarda la nueva en tu respaldo."
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CommandError(f"No se puede leer {path}: {error.strerror}.") from error
