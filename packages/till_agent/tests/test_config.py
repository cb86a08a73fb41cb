"""Settings: flags win over the file, mistakes are named in Spanish."""

import stat
from pathlib import Path

import pytest

from till_agent.__main__ import main
from till_agent.config import BadConfig, load_config, read_or_make_token
from till_agent.scale import PROTOCOLS

FLAGS = ["--folder", "cola", "--printer", "192.0.2.7", "--token-file", "token"]
FLAGS += ["--origin", "https://caja.example"]


def test_reads_flags() -> None:
    config = load_config([*FLAGS, "--port", "0", "--paper", "58"])

    assert (config.printer_host, config.printer_port) == ("192.0.2.7", 9100)
    assert (config.port, config.profile.columns) == (0, 32)
    assert config.origins == {"https://caja.example"}


def test_reads_which_scale_is_there() -> None:
    assert load_config(FLAGS).scale is None

    found = load_config([*FLAGS, "--scale", "/dev/ttyUSB0", "--scale-protocol", "cas22"]).scale

    assert found == ("/dev/ttyUSB0", PROTOCOLS["cas22"])


def test_reads_a_file_that_flags_override(tmp_path: Path) -> None:
    file = tmp_path / "agente.toml"
    file.write_text(
        'port = 9178\nfolder = "cola"\nprinter = "192.0.2.7:9101"\ntoken_file = "token"\n'
        'paper = "58"\norigins = ["https://caja.example", "http://127.0.0.1:8000"]\n'
    )

    config = load_config(["--config", str(file), "--paper", "80"])

    assert (config.port, config.printer_port, config.profile.name) == (9178, 9101, "80")
    assert len(config.origins) == 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (FLAGS[2:], "Falta --folder"),
        (FLAGS[:-2], "Falta --origin"),
        ([*FLAGS, "--port", "mil"], "no es un número"),
        ([*FLAGS, "--port", "70000"], "no existe"),
        ([*FLAGS, "--origin", "*"], "no es de la forma"),
        ([*FLAGS, "--origin", "https://caja.example/ruta"], "no es de la forma"),
        (["--config", "/no/existe.toml"], "No se pudo leer"),
        ([*FLAGS, "--scale", "/dev/ttyUSB0"], "La balanza necesita"),
        ([*FLAGS, "--scale-protocol", "toledo8217"], "La balanza necesita"),
        ([*FLAGS, "--scale", "/dev/ttyUSB0", "--scale-protocol", "x"], "La balanza necesita"),
    ],
)
def test_names_the_mistake(flags: list[str], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        load_config(flags)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('puerto = 1\nfolder = "x"', "no existen: puerto"),
        ("port = ", "No se pudo leer"),
        ('folder="c"\nprinter="p"\ntoken_file="t"\npaper="110"', "No conozco la impresora 110"),
    ],
)
def test_names_the_mistake_in_a_file(content: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "agente.toml"
    file.write_text(content)

    with pytest.raises(BadConfig, match=words):
        load_config(["--config", str(file)])


def test_makes_a_token_that_only_this_user_reads(tmp_path: Path) -> None:
    path = tmp_path / "agente" / "token"

    made = read_or_make_token(path)

    assert len(made) >= 43
    assert read_or_make_token(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"corto", b"\xc3\xb1" * 40])
def test_refuses_a_poor_token(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)

    with pytest.raises(BadConfig, match="token"):
        read_or_make_token(path)


def test_says_what_is_missing_and_stops(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", "cola"]) == 1

    assert "Falta --token-file" in capsys.readouterr().err
