"""The outbox against the simulator: signed, packed, sent and confirmed by one worker."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure, median, print_figures
from bench.server import bench_environment, migrate
from bench.shop import RUT, django_ready
from erpmarket.cli.postgres import PostgresServer

if TYPE_CHECKING:
    from erpmarket.tenancy.models import Branch

ROUNDS = 3
WARM_UP, PER_ROUND, OUTAGE = 500, 3_000, 10_000
ISSUED_AT_ONCE = 250
PDFS = 40
PASSWORD = "clave-de-banco"
# Between two looks for work; a look that finds none costs a few milliseconds.
IDLE_SECONDS = 0.02


def main() -> None:
    """Run the benchmark and print its figures."""
    folder = Path(tempfile.mkdtemp(prefix="erp-bench-"))
    folder.chmod(0o755)
    server = PostgresServer(folder / "pg")
    sii = Sii(folder / "sii")
    try:
        server.start()
        sii.start()
        os.environ.update(
            server.environment(),
            **bench_environment(folder),
            ERP_SYS_ROLE="erp_sys",
            ERP_SII_DEMO_URL=sii.url,
        )
        migrate(dict(os.environ))
        with django_ready():
            print_figures("outbox, one worker, one simulator", _measure(folder, sii))
    finally:
        sii.stop()
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


class Sii:
    """The simulator as a process of its own, that may go away and come back at its address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it; the first time anywhere, later where it was."""
        port = self.url.rpartition(":")[2] or "0"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sii_simulator", "--port", port),
                *("--folder", str(self._folder), "--stage-ms", "0"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None, "a pipe was asked for"
        self.url = self._process.stdout.readline().split()[-1].rstrip("/")

    def stop(self) -> None:
        """Stop it; its files stay."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None


def _measure(folder: Path, sii: Sii) -> tuple[Figure, ...]:
    shop = _found(folder)
    print(f"warming up with {WARM_UP} boletas …", flush=True)
    _issue(shop, WARM_UP)
    _drain_all(shop)
    rss = [_rss_mb()]
    rates = []
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}: {PER_ROUND} boletas …", flush=True)
        _issue(shop, PER_ROUND)
        rates.append(PER_ROUND * 60 / _drain_all(shop))
        rss.append(_rss_mb())
    drained = _outage(shop, sii)
    return (
        Figure(name="outbox.docs_per_min", value=median(rates), unit="1/min", goal="≥ 6000"),
        Figure(name="outbox.drain10k_s", value=drained, unit="s", goal="≤ 120"),
        Figure(name="pdf.per_s", value=_pdfs_per_second(shop), unit="1/s"),
        Figure(name="outbox.rss_growth_mb", value=max(rss[1:]) - rss[1], unit="MB", goal="≤ 10"),
    )


def _outage(shop: "Branch", sii: Sii) -> float:
    """Sell while the SII is away and a worker tries; return the seconds from its return on.

    They include the wait until the worker's next try: nobody tells it that the SII is back.
    """
    from erpmarket.fiscal.tasks import drain  # noqa: PLC0415

    print(f"an outage: the SII is away while {OUTAGE} boletas are sold …", flush=True)
    sii.stop()
    began = time.perf_counter()
    for _ in range(0, OUTAGE, ISSUED_AT_ONCE):
        _issue(shop, ISSUED_AT_ONCE)
        drain()
    print(f"it is back after {time.perf_counter() - began:.0f} s …", flush=True)
    sii.start()
    return _drain_all(shop)


def _found(folder: Path) -> "Branch":
    from erpmarket.fiscal.actions.load_caf import load_caf  # noqa: PLC0415
    from erpmarket.fiscal.actions.store_certificate import store_certificate  # noqa: PLC0415
    from erpmarket.fiscal.authorities import keep_demo_key  # noqa: PLC0415
    from erpmarket.tenancy.actions import found_company, open_branch  # noqa: PLC0415
    from erpmarket.tenancy.models import Branch  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415
    from sii_simulator.caf_office import CafOffice  # noqa: PLC0415

    at = datetime.now(UTC)
    office = CafOffice(folder / "sii")
    key = office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    company_id = found_company(
        rut=RUT,
        name="Comercial Banco de Pruebas SpA",
        shop_name="Banco de pruebas",
        business="Minimarket",
        resolution_date=datetime(2014, 8, 22, tzinfo=UTC).date(),
        at=at,
    )
    with company_scope(company_id):
        branch = open_branch(name="Local", address="Uno 1", commune="Maipú", city="Santiago")
        xml = office.issue_caf(rut=RUT, name="Banco de pruebas", kind=39, quantity=90_000)
        load_caf(xml=xml, at=at)
        pfx = office.issue_certificate(rut="12345678-5", name="Banco", password=PASSWORD)
        store_certificate(pfx=pfx, password=PASSWORD, at=at)
        found: Branch = Branch.objects.select_related("company").get(id=branch.id)
        return found


def _issue(branch: "Branch", count: int) -> None:
    """Issue five-line boletas through the sale's own action, many in a transaction."""
    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.fiscal.actions.issue_document import issue_boleta  # noqa: PLC0415
    from erpmarket.fiscal.draft_maps import PaperLine  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    lines = [
        PaperLine(
            code=f"B{number}",
            name=f"Producto de banco número {number}",
            quantity=Decimal(number + 1),
            unit="un",
            price_clp=500 + number,
            discount_clp=0,
            is_exempt=False,
        )
        for number in range(5)
    ]
    for first in range(0, count, ISSUED_AT_ONCE):
        with company_scope(branch.company_id):
            for _ in range(min(ISSUED_AT_ONCE, count - first)):
                at = datetime.now(UTC)
                issue_boleta(source_uid=uuid7(), branch=branch, lines=lines, at=at)


def _drain_all(branch: "Branch") -> float:
    """Let the worker work until every document has its final word; return the seconds."""
    from erpmarket.fiscal.models import Submission, SubmissionState  # noqa: PLC0415
    from erpmarket.fiscal.outbox_queries import count_unfinished  # noqa: PLC0415
    from erpmarket.fiscal.tasks import drain  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    began = time.perf_counter()
    while True:
        if not drain():
            with company_scope(branch.company_id):
                if not count_unfinished():
                    break
            time.sleep(IDLE_SECONDS)
    seconds = time.perf_counter() - began
    with company_scope(branch.company_id):
        others = Submission.objects.exclude(state=SubmissionState.ACCEPTED).count()
    if others:
        raise SystemExit(f"{others} documents were not accepted: the figures mean nothing")
    return seconds


def _pdfs_per_second(branch: "Branch") -> float:
    from dte.printable.receipt import Shop  # noqa: PLC0415
    from erpmarket.fiscal.models import IssuedDocument  # noqa: PLC0415
    from erpmarket.fiscal.pdf import PdfPaper, boleta_pdf  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(branch.company_id):
        shop = Shop(
            name=branch.company.shop_name,
            resolution_number=branch.company.resolution_number,
            resolution_year=branch.company.resolution_date.year,
        )
        papers = [bytes(row.signed_xml) for row in IssuedDocument.objects.all()[: PDFS + 1]]
    boleta_pdf(papers[0], shop=shop, sale=None, paper=PdfPaper.ROLL)
    began = time.perf_counter()
    for xml in papers[1:]:
        boleta_pdf(xml, shop=shop, sale=None, paper=PdfPaper.ROLL)
    return PDFS / (time.perf_counter() - began)


def _rss_mb() -> float:
    """Return the memory in use now; the peak would never fall again."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
