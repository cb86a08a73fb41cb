"""Secrets at rest: what opens them, and what must not."""

import base64
import os
from typing import Any

import pytest

from erpmarket.fiscal import vault

SECRET = b"-----BEGIN RSA PRIVATE KEY-----"


def test_a_sealed_secret_opens_with_its_own_context() -> None:
    sealed = vault.seal(SECRET, context="caf:1:39:1")

    assert SECRET not in sealed
    assert vault.open_sealed(sealed, context="caf:1:39:1") == SECRET


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert vault.seal(SECRET, context="a") != vault.seal(SECRET, context="a")


def test_a_secret_moved_to_another_row_does_not_open() -> None:
    sealed = vault.seal(SECRET, context="caf:1:39:1")

    with pytest.raises(vault.SealBroken, match="caf:2:39:1"):
        vault.open_sealed(sealed, context="caf:2:39:1")


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_a_changed_byte_does_not_open(place: int) -> None:
    sealed = bytearray(vault.seal(SECRET, context="a"))
    sealed[place] ^= 1

    with pytest.raises(vault.SealBroken) as caught:
        vault.open_sealed(bytes(sealed), context="a")

    assert "PRIVATE KEY" not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 1, 12, 20])
def test_a_cut_secret_does_not_open(cut: int) -> None:
    sealed = vault.seal(SECRET, context="a")[:cut]

    with pytest.raises(vault.SealBroken):
        vault.open_sealed(sealed, context="a")


def test_another_master_key_does_not_open(settings: Any) -> None:
    sealed = vault.seal(SECRET, context="a")
    settings.MASTER_KEY = base64.b64encode(os.urandom(32)).decode()

    with pytest.raises(vault.SealBroken):
        vault.open_sealed(sealed, context="a")


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "no base64!"])
def test_a_master_key_that_is_none_seals_nothing(settings: Any, key: str) -> None:
    settings.MASTER_KEY = key

    with pytest.raises(vault.SealBroken, match="32 bytes"):
        vault.seal(SECRET, context="a")


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "no base64!", "ñ", "A" * 43])
def test_a_master_key_that_is_none_is_told_before_it_is_needed(settings: Any, key: str) -> None:
    settings.MASTER_KEY = key

    with pytest.raises(vault.SealBroken, match="ERP_MASTER_KEY"):
        vault.check_master_key()


def test_a_right_master_key_passes(settings: Any) -> None:
    settings.MASTER_KEY = base64.b64encode(os.urandom(32)).decode()

    vault.check_master_key()
