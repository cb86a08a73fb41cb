"""The programs of examples/ run as a developer runs them: alone, with files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dte.build import build
from dte.caf import load_caf
from dte.certificate import load_certificate
from dte.clock import chile_date
from dte.codes import DocumentType
from dte.document import Draft, Issuer, Line, Receiver
from dte.envelope import Cover, pack_documents
from dte.exchange import DocumentReception, EnvelopeReception, read_answer, read_receipts
from dte.rut import Rut
from dte.signer import sign_document
from dte.xml.read import read_document
from sii_simulator.app import Simulator
from sii_simulator.settings import Settings

EXAMPLES = Path(__file__).parents[1] / "examples"
SOURCE = Path(__file__).parents[1] / "src"
PASSWORD = "una-clave"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A folder with a certificate, and the simulator that made it."""

    simulator: Simulator
    folder: Path

    def run(self, example: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", EXAMPLES / example, *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def signing(self) -> tuple[str, ...]:
        return ("--pfx", "firma.pfx", "--password-file", "clave.txt")


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    # The real clock: programs have no other.
    with Simulator(tmp_path_factory.mktemp("sii"), settings=Settings(stage_ms=0)) as running:
        yield running


@pytest.fixture
def desk(simulator: Simulator, tmp_path: Path) -> Desk:
    pfx = simulator.office.issue_certificate(rut="12345678-5", name="Rosa Pérez", password=PASSWORD)
    (tmp_path / "firma.pfx").write_bytes(pfx)
    (tmp_path / "clave.txt").write_text(PASSWORD + "\n")  # as an editor leaves it
    return Desk(simulator=simulator, folder=tmp_path)


@pytest.fixture
def envelope(desk: Desk) -> Path:
    """An envelope of one factura, as a supplier mails it."""
    at = datetime.now(UTC)
    certificate = load_certificate((desk.folder / "firma.pfx").read_bytes(), PASSWORD)
    caf = load_caf(desk.simulator.office.issue_caf(rut="76918245-4", name="Rosa", kind=33))
    supplier = Issuer(
        rut=Rut.parse("76918245-4"),
        name="Almacén Doña Rosa",
        giro="Minimarket",
        address="Av. Ñuble 123",
        commune="Ñuñoa",
        activities=(472101,),
    )
    buyer = Receiver(
        rut=Rut.parse("76543210-3"),
        name="El Litre SpA",
        giro="Restaurante",
        address="Camino El Espino 4410",
        commune="San Bernardo",
    )
    draft = Draft(
        kind=DocumentType.FACTURA,
        issuer=supplier,
        receiver=buyer,
        lines=(Line(name="Harina", quantity=Decimal(2), unit="kg", unit_price=Decimal(500)),),
        issue_date=chile_date(at),
    )
    signed = sign_document(build(draft=draft, folio=caf.first, caf=caf, at=at).xml, certificate)
    cover = Cover(
        issuer=supplier.rut,
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=0,
        receiver=buyer.rut,
    )
    path = desk.folder / "envio.xml"
    path.write_bytes(pack_documents([signed], cover, certificate, at))
    return path


def issue(desk: Desk) -> subprocess.CompletedProcess[str]:
    folios = desk.simulator.office.issue_caf(rut="76918245-4", name="Doña Rosa", quantity=1)
    (desk.folder / "folios.xml").write_bytes(folios)
    sale = {"rut": "76918245-4", "name": "Almacén Doña Rosa", "giro": "Minimarket"}
    (desk.folder / "venta.json").write_text(json.dumps({**sale, "lines": [["Pan", "2", "990"]]}))
    folio = str(load_caf(folios).first)
    words = ("--caf", "folios.xml", "--folio", folio, "--out", "boleta.xml")
    return desk.run("issue_boleta.py", "venta.json", *words, *desk.signing())


def test_a_boleta_is_issued_and_then_sent(desk: Desk) -> None:
    issued = issue(desk)

    assert (issued.returncode, issued.stderr) == (0, "")
    assert read_document((desk.folder / "boleta.xml").read_bytes()).totals.total_clp == 1980

    sent = desk.run(
        "send_boletas.py", "boleta.xml", "--simulator", desk.simulator.url, *desk.signing()
    )

    assert (sent.returncode, sent.stderr) == (0, "")
    assert ": EPR, " in sent.stdout

    again = desk.run(
        "send_boletas.py", "boleta.xml", "--simulator", desk.simulator.url, *desk.signing()
    )

    assert (again.returncode, again.stderr) == (1, "")
    assert ": RFR, " in again.stdout


def test_a_refusal_is_said_with_its_code_and_writes_nothing(desk: Desk) -> None:
    (desk.folder / "clave.txt").write_text("otra")

    ended = issue(desk)

    assert ended.returncode == 1
    assert ended.stderr.startswith("certificate_password: ")
    assert not (desk.folder / "boleta.xml").exists()


def test_lines_of_an_invoice_are_listed(desk: Desk, envelope: Path) -> None:
    ended = desk.run("read_invoice.py", envelope)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "of Almacén Doña Rosa" in ended.stdout
    assert "signature fits" in ended.stdout
    assert "  Harina | 2 kg | 1000\n  total 1190\n" in ended.stdout


def test_a_supplier_is_answered_with_what_became_of_its_documents(
    desk: Desk, envelope: Path
) -> None:
    key = desk.simulator.office.authority_key
    trust = ("--trust", f"{key.key_id}:{key.modulus:x}")

    ended = desk.run("answer_supplier.py", envelope, "--rut", "76543210-3", *trust, *desk.signing())

    assert (ended.returncode, ended.stderr) == (0, "")
    (judged,) = read_answer((desk.folder / "respuesta.xml").read_bytes()).answer.envelopes
    assert judged.state is EnvelopeReception.ACCEPTED
    assert [found.state for found in judged.documents] == [DocumentReception.RECEIVED]
    (receipt,) = read_receipts((desk.folder / "recibos.xml").read_bytes()).receipts
    assert receipt.is_lawful
    assert receipt.receipt.document.total_clp == 1190


def test_folios_that_the_sii_never_granted_get_no_receipt(desk: Desk, envelope: Path) -> None:
    ended = desk.run("answer_supplier.py", envelope, "--rut", "76543210-3", *desk.signing())

    assert (ended.returncode, ended.stderr) == (0, "")
    (judged,) = read_answer((desk.folder / "respuesta.xml").read_bytes()).answer.envelopes
    assert [found.state for found in judged.documents] != [DocumentReception.RECEIVED]
    assert not (desk.folder / "recibos.xml").exists()


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_each_example_says_in_english_what_it_wants_and_stays_short(
    desk: Desk, example: str
) -> None:
    ended = desk.run(example, "--help")

    assert ended.returncode == 0
    assert "the certificate" in ended.stdout or "EnvioDTE" in ended.stdout
    assert len((EXAMPLES / example).read_text("utf-8").splitlines()) <= 60
