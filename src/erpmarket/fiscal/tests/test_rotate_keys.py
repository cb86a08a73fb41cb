"""A new master key while the shop runs: both open meanwhile, and a killed change goes on."""

import base64
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import CommandError, call_command

from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.rotate_keys import reseal_batch
from erpmarket.fiscal.actions.store_certificate import certificate_context
from erpmarket.fiscal.actions.take_folio import forget_keys, key_context
from erpmarket.fiscal.models import Caf, Certificate
from erpmarket.fiscal.tests.factories import (
    PFX_PASSWORD,
    make_certificate,
    make_document,
    make_folios,
)
from erpmarket.tenancy.scope import company_scope

SECRET = b"-----BEGIN PRIVATE KEY-----"


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def old_form(plain: bytes, context: str, key: str) -> bytes:
    """Seal as before the vault named its key: version, nonce, secret under the master key."""
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(base64.b64decode(key)).encrypt(nonce, plain, context.encode())


def stock(shop: Any, office: Any, *, files: int) -> None:
    for _ in range(files):
        make_folios(shop, office, quantity=2)
    make_certificate(office)


def opened(company_id: int) -> list[bytes]:
    """Open every secret of a company; call inside its scope."""
    found = [
        vault.open_sealed(row.sealed_private_key, context=key_context(company_id, row))
        for row in Caf.objects.order_by("id")
    ]
    context = certificate_context(company_id)
    for row in Certificate.objects.filter(is_active=True):
        found += [vault.open_sealed(row.sealed_pfx, context=context)]
        found += [vault.open_sealed(row.sealed_password, context=context)]
    return found


def test_both_keys_open_and_the_new_one_seals(settings: Any) -> None:
    before = vault.seal(SECRET, context="a")
    settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = settings.MASTER_KEY, new_key()

    after = vault.seal(SECRET, context="a")

    assert vault.open_sealed(before, context="a") == SECRET
    settings.MASTER_KEY_PREVIOUS = ""
    assert vault.open_sealed(after, context="a") == SECRET
    with pytest.raises(vault.SealBroken, match="another master key"):
        vault.open_sealed(before, context="a")


def test_resealing_changes_the_wrapped_key_only(settings: Any) -> None:
    before = vault.seal(SECRET, context="a")
    settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = settings.MASTER_KEY, new_key()

    after = vault.reseal(before, context="a")

    body = vault.HEADER_BYTES + 12 + 32 + 16
    assert after[:body] != before[:body]
    assert after[body:] == before[body:]
    assert after.startswith(vault.current_header())
    with pytest.raises(vault.SealBroken):
        vault.reseal(before, context="b")


@pytest.mark.parametrize("is_previous", [False, True])
def test_a_secret_of_the_first_form_opens_and_is_brought_along(
    settings: Any, is_previous: bool
) -> None:
    sealed = old_form(SECRET, "a", settings.MASTER_KEY)
    if is_previous:
        settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = settings.MASTER_KEY, new_key()

    assert vault.open_sealed(sealed, context="a") == SECRET
    again = vault.reseal(sealed, context="a")
    settings.MASTER_KEY_PREVIOUS = ""
    assert vault.open_sealed(again, context="a") == SECRET


def test_batches_end_when_all_is_under_the_new_key(
    dona_rosa: Any, caf_office: Any, settings: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        stock(dona_rosa, caf_office, files=5)
        before = opened(dona_rosa.company_id)
        settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = settings.MASTER_KEY, new_key()

        counts = [reseal_batch(limit=2) for _ in range(4)]

        assert counts == [3, 2, 1, 0]
        settings.MASTER_KEY_PREVIOUS = ""
        assert opened(dona_rosa.company_id) == before
        assert before[-1] == PFX_PASSWORD.encode()
        forget_keys()
        assert make_document(dona_rosa).folio


def test_a_secret_that_neither_key_opens_leaves_the_batch_as_it_was(
    dona_rosa: Any, caf_office: Any, settings: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=2)
        sealed = bytes(Caf.objects.get().sealed_private_key)
        settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = new_key(), new_key()

        with pytest.raises(vault.SealBroken):
            reseal_batch()

        assert bytes(Caf.objects.get().sealed_private_key) == sealed


def test_the_command_serves_every_company_and_is_harmless_again(
    fresh_database: str, found_cast: Any, caf_office: Any, settings: Any, tmp_path: Path
) -> None:
    shops = found_cast()
    for shop in shops:
        with company_scope(shop.company_id):
            stock(shop, caf_office, files=2)
    files = {"old": settings.MASTER_KEY, "new": new_key()}
    for name, key in files.items():
        (tmp_path / name).write_text(key + "\n")
    settings.MASTER_KEY_PREVIOUS = ""
    told = [io.StringIO(), io.StringIO()]

    for out in told:
        call_command(
            "rotate_master_key",
            f"--old-key-file={tmp_path / 'old'}",
            f"--new-key-file={tmp_path / 'new'}",
            stdout=out,
        )

    assert "Listo: 6 secretos" in told[0].getvalue()
    assert "Listo: 0 secretos" in told[1].getvalue()
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = files["new"], ""
    for shop in shops:
        with company_scope(shop.company_id):
            assert len(opened(shop.company_id)) == 4


def test_the_command_asks_for_the_old_key(fresh_database: str, settings: Any) -> None:
    settings.MASTER_KEY_PREVIOUS = ""

    with pytest.raises(CommandError, match="Falta la llave anterior"):
        call_command("rotate_master_key")


def test_a_change_killed_in_the_middle_goes_on(
    fresh_database: str, found_cast: Any, caf_office: Any, settings: Any
) -> None:
    shop = found_cast()[0]
    with company_scope(shop.company_id):
        stock(shop, caf_office, files=6)
        before = opened(shop.company_id)
    old, new = settings.MASTER_KEY, new_key()
    # A process of its own that does three batches of one row and is killed inside the fourth.
    program = (
        "import os, signal, django; django.setup()\n"
        "from erpmarket.fiscal import vault\n"
        "from erpmarket.fiscal.actions.rotate_keys import reseal_batch\n"
        "from erpmarket.tenancy.scope import company_scope\n"
        "for done in range(4):\n"
        f"    with company_scope({shop.company_id}):\n"
        "        reseal_batch(limit=1)\n"
        "        if done == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "ERP_MASTER_KEY": new, "ERP_MASTER_KEY_PREVIOUS": old}

    killed = subprocess.run([sys.executable, "-c", program], env=environment, check=False)

    assert killed.returncode == -signal.SIGKILL
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = new, old
    with company_scope(shop.company_id):
        header = vault.current_header()
        done = [bytes(caf.sealed_private_key).startswith(header) for caf in Caf.objects.all()]
        assert sum(done) == 3
        assert opened(shop.company_id) == before
    call_command("rotate_master_key", stdout=io.StringIO())
    settings.MASTER_KEY_PREVIOUS = ""
    with company_scope(shop.company_id):
        assert opened(shop.company_id) == before
