"""`archive verify`: judge a backup of papers, anywhere, without a shop."""

import os
from collections.abc import Sequence
from pathlib import Path

from erpmarket.cli.errors import StartRefused
from erpmarket.cli.words import say
from erpmarket.fiscal.archive_check import ArchiveUnreadable, ArchiveVerdict, verify_archive
from erpmarket.fiscal.sii_keys import keys_of

SHOWN_FAULTS = 50
_ENVIRONMENTS = {
    "production": "producción",
    "certification": "certificación: no son documentos de verdad",
    "demo": "demostración: no son documentos de verdad",
}


def verify(files: Sequence[Path], *, demo_key: Path | None = None, noted_sha256: str = "") -> bool:
    """Say of each archive whether it is whole and authentic; return whether all are.

    `noted_sha256` is the hash that the shop wrote down when the archive was made: a manifest that
    was made anew, with papers left out, has another one. Raises StartRefused for a file that is no
    archive.
    """
    key_file = demo_key or Path(os.environ.get("ERP_DATA_DIR") or "var") / "sii-demo-key.json"
    verdicts = []
    for file in files:
        try:
            found = verify_archive(
                file, keys=lambda environment: keys_of(environment, demo_file=key_file)
            )
        except ArchiveUnreadable as refusal:
            raise StartRefused("archive_unreadable", str(refusal)) from refusal
        is_noted = noted_sha256.strip().lower() in ("", found.manifest_sha256)
        _tell(file, found, is_noted=is_noted)
        verdicts.append(found.is_right and is_noted)
    return all(verdicts)


def _tell(file: Path, found: ArchiveVerdict, *, is_noted: bool) -> None:
    say(f"{file.name}: {found.company_name}, {found.company_rut}")
    say(f"  Documentos   {found.documents}, del {found.first} al {found.until} (sin ese día)")
    say(f"  Ambiente     {_ENVIRONMENTS.get(found.environment, found.environment)}")
    say(f"  Código       {found.manifest_sha256}")
    if found.unsigned:
        say(f"  Ojo          {found.unsigned} todavía sin firma: se bajaron antes de enviarse.")
    for fault in found.faults[:SHOWN_FAULTS]:
        say(f"  ✗ {fault.file}: {fault.words}")
    if len(found.faults) > SHOWN_FAULTS:
        say(f"  … y {len(found.faults) - SHOWN_FAULTS} más.")
    if not is_noted:
        say("✗ No es el respaldo que se anotó: su código de control es otro.")
    elif found.is_right:
        say("✓ Respaldo completo: cada archivo calza con su código, su firma y su timbre.")
    else:
        say(f"✗ No confíes en este respaldo: tiene {len(found.faults)} problema(s).")
