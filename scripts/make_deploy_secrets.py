"""Make the secrets compose.yaml mounts, once: `python3 scripts/make_deploy_secrets.py`.

The folder is closed to other users; the files are readable inside it because the containers run as
a user of their own. Keep a copy of master_key: without it no certificate nor CAF can be opened.
"""

import base64
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "secrets"
PASSWORDS = ("admin_password", "owner_password", "app_password", "sys_password", "secret_key")


def main(folder: Path = FOLDER) -> None:
    """Write what is missing; never replaces a secret."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    values = {name: secrets.token_urlsafe(48) for name in PASSWORDS}
    values["master_key"] = base64.b64encode(secrets.token_bytes(32)).decode()
    # Empty until somebody writes theirs; only then mails leave by ERP_MAIL_HOST with a password.
    values["mail_password"] = ""
    for name, value in values.items():
        path = folder / name
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(value + "\n")
            unfinished.chmod(0o444)
            unfinished.rename(path)
            sys.stdout.write(f"hecho: {path}\n")


if __name__ == "__main__":
    main()
