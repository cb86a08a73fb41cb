import base64
import socket
import stat
from pathlib import Path

import pytest

from erpmarket.cli import doctor
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.shop import (
    PORT_CHOICES,
    Shop,
    check_master_key,
    check_ports,
    make_secrets,
    read_shop,
)


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    numbers = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return numbers


def shop_in(folder: Path) -> Shop:
    numbers = free_ports(len(PORT_CHOICES))
    names = [choice.variable for choice in PORT_CHOICES]
    settings = {name: str(number) for name, number in zip(names, numbers, strict=True)}
    return read_shop({"ERP_DATA_DIR": str(folder), **settings})


def test_ports_have_defaults_and_variables(tmp_path: Path) -> None:
    shop = read_shop({"ERP_DATA_DIR": str(tmp_path), "ERP_WEB_PORT": "8001"})

    assert shop.web_url == "http://127.0.0.1:8001"
    assert shop.simulator_url == "http://127.0.0.1:8010"
    assert shop.printer == "127.0.0.1:9100"
    assert shop.environment()["ERP_BASE_URL"] == shop.web_url


@pytest.mark.parametrize("text", ["0", "65536", "-1", "80a", "8000.0", "٨٠٠٠", " "])
def test_port_that_is_no_port_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(StartRefused) as refusal:
        read_shop({"ERP_DATA_DIR": str(tmp_path), "ERP_AGENT_PORT": text})

    assert refusal.value.code == "port_wrong"
    assert "ERP_AGENT_PORT" in refusal.value.message


def test_same_port_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused) as refusal:
        read_shop({"ERP_DATA_DIR": str(tmp_path), "ERP_AGENT_PORT": "8000"})

    assert refusal.value.code == "port_twice"
    assert "ERP_WEB_PORT y ERP_AGENT_PORT" in refusal.value.message


def test_taken_port_is_refused_with_its_variable(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", shop.agent_port))
        other.listen()

        with pytest.raises(StartRefused) as refusal:
            check_ports(shop)

    assert refusal.value.code == "port_taken"
    assert f"El puerto {shop.agent_port}, para el agente de la caja" in refusal.value.message
    assert f"ERP_AGENT_PORT={shop.agent_port + 1} make run" in refusal.value.message
    assert "ERP_WEB_PORT" not in refusal.value.message
    check_ports(shop)


def test_taken_ports_are_moved_by_one_command(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    with socket.socket() as web, socket.socket() as agent:
        for other, port in ((web, shop.web_port), (agent, shop.agent_port)):
            other.bind(("127.0.0.1", port))
            other.listen()

        with pytest.raises(StartRefused) as refusal:
            check_ports(shop)

    command = f"ERP_WEB_PORT={shop.web_port + 1} ERP_AGENT_PORT={shop.agent_port + 1} make run"
    assert refusal.value.message.splitlines()[-1].strip() == command


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    make_secrets(shop)
    files = sorted((tmp_path / "secrets").iterdir())
    first = [file.read_text() for file in files]

    make_secrets(shop)

    assert [file.name for file in files] == ["agent_token", "master_key", "secret_key"]
    assert [file.read_text() for file in files] == first
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(base64.b64decode(first[1], validate=False)) == 32
    assert len(set(first)) == 3


def test_lost_master_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    make_secrets(shop)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "secrets" / "master_key").unlink()

    with pytest.raises(StartRefused) as refusal:
        make_secrets(shop)

    assert refusal.value.code == "master_key_lost"
    assert not (tmp_path / "secrets" / "master_key").exists()


@pytest.mark.parametrize("key", ["", "c2hvcnQ=\n", "no base64!", "ñ"])
def test_master_key_that_opens_nothing_is_refused_with_its_file(tmp_path: Path, key: str) -> None:
    shop = shop_in(tmp_path)
    make_secrets(shop)
    check_master_key(shop)
    file = tmp_path / "secrets" / "master_key"
    file.write_text(key, encoding="utf-8")

    with pytest.raises(StartRefused) as refusal:
        check_master_key(shop)

    assert refusal.value.code == "master_key_wrong"
    assert str(file) in refusal.value.message
    assert key.strip() not in refusal.value.message or not key


def test_shop_that_never_started_has_no_key_to_check(tmp_path: Path) -> None:
    check_master_key(shop_in(tmp_path))


def test_doctor_says_that_the_master_key_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shop_in(tmp_path)
    make_secrets(shop)
    (tmp_path / "secrets" / "master_key").write_text("c2hvcnQ=", encoding="utf-8")
    monkeypatch.setattr(doctor, "read_shop", lambda: shop)

    assert doctor.examine() is False
    assert "ERP_MASTER_KEY" in capsys.readouterr().out
