"""Documents of every type written by hand, and a counter that judges them at once."""

import base64
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rsa

from sii_simulator.caf_office import CafOffice
from sii_simulator.clock import chile
from sii_simulator.records import BOLETA, FACTURA, Forced
from sii_simulator.registry import Registry
from sii_simulator.settings import Settings
from sii_simulator.worker import Worker

SHOP, BUYER, ROSA, CONSUMER = "76918245-4", "77211233-5", "12345678-5", "66666666-6"
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
NAMESPACE = 'xmlns="http://www.sii.cl/SiiDte"'
EXEMPT_KINDS, BOLETAS, NOTES = (34, 41), (39, 41), (56, 61)
TRUCK = (
    "<Transporte><Patente>ABCD12</Patente><RUTTrans>77211233-5</RUTTrans><Chofer>"
    "<RUTChofer>12345678-5</RUTChofer><NombreChofer>Juan Soto</NombreChofer></Chofer>"
    "<DirDest>Calle Sur 9</DirDest><CmnaDest>Talca</CmnaDest></Transporte>"
)


def line(number: int = 1, *, price: int = 1000, amount: int = 2000, more: str = "") -> str:
    """Write a Detalle of two pieces; `more` stands before MontoItem, marks before the name."""
    mark = re.search(r"<IndExe>.</IndExe>", more)
    before = mark[0] if mark else ""
    return (
        f"<Detalle>\n<NroLinDet>{number}</NroLinDet>{before}<NmbItem>Pan &amp; café</NmbItem>\n"
        f"<QtyItem>2</QtyItem><PrcItem>{price}</PrcItem>{more.replace(before, '')}"
        f"<MontoItem>{amount}</MontoItem>\n</Detalle>"
    )


def reference(
    kind: int, folio: int, *, code: str = "1", number: int = 1, day: str = "2026-11-22"
) -> str:
    """Write a Referencia."""
    reason = f"<CodRef>{code}</CodRef>" if code else ""
    return (
        f"<Referencia><NroLinRef>{number}</NroLinRef><TpoDocRef>{kind}</TpoDocRef>"
        f"<FolioRef>{folio}</FolioRef><FchRef>{day}</FchRef>{reason}"
        "<RazonRef>Motivo</RazonRef></Referencia>"
    )


def unchanged(xml: str) -> str:
    return xml


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is written into a document; the `change_*` spoil texts before they are signed."""

    kind: int = 33
    folio: int = 1
    id_doc: str = ""
    receiver: str = BUYER
    receiver_name: str = "<RznSocRecep>Cliente Uno SpA</RznSocRecep>"
    transport: str = ""
    lines: str = line()
    totals: str = (
        "<MntNeto>2000</MntNeto><TasaIVA>19</TasaIVA><IVA>380</IVA><MntTotal>2380</MntTotal>"
    )
    tail: str = ""
    day: str = ""
    signed_at: str = ""
    caf: str = ""
    issuer: str = SHOP
    change: Callable[[str], str] = unchanged
    change_stamp: Callable[[str], str] = unchanged
    spoil: Callable[[str], str] = unchanged
    signer: Any = None


def paper(kind: int = 33, folio: int = 1, **changes: Any) -> Paper:
    """Make a right paper of a kind, then change what is named."""
    found = Paper(kind=kind, folio=folio)
    if kind in EXEMPT_KINDS:
        found = replace(found, totals="<MntExe>2000</MntExe><MntTotal>2000</MntTotal>")
    if kind == 39:
        found = replace(
            found,
            lines=line(price=1190, amount=2380),
            totals="<MntNeto>2000</MntNeto><IVA>380</IVA><MntTotal>2380</MntTotal>",
        )
    if kind in BOLETAS:
        found = replace(
            found, id_doc="<IndServicio>3</IndServicio>", receiver=CONSUMER, receiver_name=""
        )
    if kind == 52:
        found = replace(found, id_doc="<IndTraslado>1</IndTraslado>", transport=TRUCK)
    if kind in NOTES:
        found = replace(found, tail=reference(33, 900))
    return replace(found, **changes)


@dataclass(frozen=True)
class Outcome:
    """What became of an envelope; `documents` by (kind, folio), codes as `section-level-code`."""

    state: str
    glosa: str
    documents: dict[tuple[int, int], tuple[str, tuple[str, ...]]]
    track_id: str


class Scene:
    """A counter of the SII without its HTTP: papers in, verdicts out."""

    def __init__(self, office: CafOffice, person: Any, cafs: dict[int, str], folder: Path) -> None:
        self.office = office
        self.person = person
        self.cafs = cafs
        self.at = NOON
        self.folder = folder
        self.registry = Registry(folder / "registry")
        self.worker = self._worker(Settings(stage_ms=0))

    def set(self, **changes: Any) -> None:
        """Work on with other settings."""
        self.worker = self._worker(Settings(stage_ms=0, **changes))

    def _worker(self, settings: Settings) -> Worker:
        return Worker(
            registry=self.registry, office=self.office, settings=settings, clock=lambda: self.at
        )

    def caf(self, kind: int) -> str:
        """Grant folios 1 to 1000 of a kind, once per session."""
        if kind not in self.cafs:
            xml = self.office.issue_caf(rut=SHOP, name="Doña Rosa", kind=kind, quantity=1000)
            self.cafs[kind] = xml.decode("iso-8859-1")
        return self.cafs[kind]

    def now(self) -> str:
        return f"{chile(self.at):%Y-%m-%dT%H:%M:%S}"

    def dte(self, written: Paper) -> str:
        """Write, stamp and sign a document."""
        document = written.change(self._document(written))
        start = f'<DTE {NAMESPACE} version="1.0">'
        signer = written.signer or self.person
        uri = f"#F{written.folio}T{written.kind}"
        return written.spoil(str(signer.sign(f"{start}\n{document}\n</DTE>", uri)))

    def _document(self, written: Paper) -> str:
        day = written.day or self.now()[:10]
        issuer = (
            "<RznSocEmisor>Doña Rosa</RznSocEmisor>"
            if written.kind in BOLETAS
            else "<RznSoc>Doña Rosa</RznSoc><GiroEmis>Almacén</GiroEmis><Acteco>472101</Acteco>"
            "<DirOrigen>Calle Norte 1</DirOrigen><CmnaOrigen>Curicó</CmnaOrigen>"
        )
        total = re.search(r"<MntTotal>(\d+)<", written.totals)
        assert total
        return (
            f'<Documento ID="F{written.folio}T{written.kind}">\n<Encabezado>\n<IdDoc>'
            f"<TipoDTE>{written.kind}</TipoDTE><Folio>{written.folio}</Folio>"
            f"<FchEmis>{day}</FchEmis>{written.id_doc}</IdDoc>\n"
            f"<Emisor><RUTEmisor>{written.issuer}</RUTEmisor>{issuer}</Emisor>\n"
            f"<Receptor><RUTRecep>{written.receiver}</RUTRecep>{written.receiver_name}</Receptor>\n"
            f"{written.transport}<Totales>{written.totals}</Totales>\n</Encabezado>\n"
            f"{written.lines}\n{written.tail}\n{self._stamp(written, day, total[1])}\n"
            f"<TmstFirma>{written.signed_at or self.now()}</TmstFirma>\n</Documento>"
        )

    def _stamp(self, written: Paper, day: str, total: str) -> str:
        caf = written.caf or self.caf(written.kind)
        element = re.sub(r">\s+<", "><", _between(caf, "<CAF ", "</CAF>"))
        dd = written.change_stamp(
            f"<DD><RE>{written.issuer}</RE><TD>{written.kind}</TD><F>{written.folio}</F>"
            f"<FE>{day}</FE><RR>{written.receiver}</RR><RSR>Cliente</RSR><MNT>{total}</MNT>"
            f"<IT1>Pan &amp; cafe</IT1>{element}<TSTED>{self.now()}</TSTED></DD>"
        )
        secret = rsa.PrivateKey.load_pkcs1(_between(caf, "<RSASK>", "</RSASK>")[7:-8].encode())
        value = base64.b64encode(rsa.sign(dd.encode("iso-8859-1"), secret, "SHA-1")).decode()
        return (
            f'<TED version="1.0">{dd}<FRMT algoritmo="SHA1withRSA">{value}</FRMT></TED>'
        ).replace("><", ">\n<")

    def envelope(
        self,
        papers: tuple[Paper, ...],
        *,
        change: Callable[[str], str] = unchanged,
        signer: Any = None,
    ) -> bytes:
        """Pack papers and sign the set; `change` spoils the text before that."""
        boletas = papers[0].kind in BOLETAS
        name, schema = (
            ("EnvioBOLETA", "EnvioBOLETA_v11") if boletas else ("EnvioDTE", "EnvioDTE_v10")
        )
        counts = "".join(
            f"<SubTotDTE><TpoDTE>{kind}</TpoDTE><NroDTE>{count}</NroDTE></SubTotDTE>"
            for kind, count in sorted(Counter(written.kind for written in papers).items())
        )
        body = "\n".join(self.dte(written) for written in papers)
        xml = change(
            f'<{name} {NAMESPACE} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="http://www.sii.cl/SiiDte {schema}.xsd" version="1.0">\n'
            f'<SetDTE ID="SetDoc"><Caratula version="1.0"><RutEmisor>{SHOP}</RutEmisor>'
            f"<RutEnvia>{ROSA}</RutEnvia><RutReceptor>60803000-K</RutReceptor>"
            f"<FchResol>2014-08-22</FchResol><NroResol>0</NroResol>"
            f"<TmstFirmaEnv>{self.now()}</TmstFirmaEnv>{counts}</Caratula>\n{body}\n"
            f"</SetDTE>\n</{name}>"
        )
        signed = (signer or self.person).sign(xml, "#SetDoc")
        return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{signed}'.encode("iso-8859-1")

    def submit(self, *papers: Paper, **changes: Any) -> Outcome:
        """Send papers in one envelope and let the SII finish with it."""
        channel = BOLETA if papers[0].kind in BOLETAS else FACTURA
        return self.send(self.envelope(papers, **changes), channel=channel)

    def send(self, xml: bytes, *, channel: str = FACTURA, issuer: str = SHOP) -> Outcome:
        """Send a file and let the SII finish with it."""
        received, _ = self.registry.receive(
            xml,
            channel=channel,
            issuer=issuer,
            sender=ROSA,
            file_name="envio.xml",
            at=self.at,
            first_step_at=self.at,
            repeat_since=self.at - timedelta(seconds=900),
            forced=Forced(),
        )
        while self.worker.step():
            pass
        envelope = self.registry.find(received.track_id)
        assert envelope is not None
        return Outcome(
            state=envelope.state,
            glosa=envelope.glosa,
            documents={
                (judged.facts.kind, judged.facts.folio): (
                    judged.state,
                    tuple(f"{f.section}-{f.level}-{f.code}" for f in judged.findings),
                )
                for judged in self.registry.documents_of(envelope.id)
            },
            track_id=envelope.track_id,
        )


def _between(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end) + len(end)]


@pytest.fixture(scope="session")
def grants(
    tmp_path_factory: pytest.TempPathFactory, make_signer: Callable[[bytes], Any]
) -> tuple[CafOffice, Any, dict[int, str]]:
    """An office with its keys, a person and the folios granted so far: made once, they are slow."""
    office = CafOffice(tmp_path_factory.mktemp("office"), clock=lambda: NOON)
    person = make_signer(office.issue_certificate(rut=ROSA, name="Rosa Pérez", password="clave"))
    return office, person, {}


@pytest.fixture
def scene(grants: tuple[CafOffice, Any, dict[int, str]], tmp_path: Path) -> Scene:
    return Scene(*grants, tmp_path)


@pytest.fixture(scope="session")
def write() -> Any:
    """The three writers, for tests that may not import this file."""

    class Writers:
        paper = staticmethod(paper)
        line = staticmethod(line)
        reference = staticmethod(reference)

    return Writers
