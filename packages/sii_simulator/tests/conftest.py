"""A boleta made by hand (text and python-xmlsec), so that the simulator is judged without `dte`."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rsa
import xmlsec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from lxml import etree

from sii_simulator.app import Simulator
from sii_simulator.clock import chile
from sii_simulator.records import Forced
from sii_simulator.rsa_sha1 import text as b64_number
from sii_simulator.settings import Settings

SHOP = "76918245-4"
ROSA = "12345678-5"
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: int) -> None:
        self.at += timedelta(**amount)


@dataclass
class Signer:
    """A person's key and certificate; signs text with python-xmlsec."""

    pfx: bytes
    key: RSAPrivateKey = field(init=False)
    certificate_b64: str = field(init=False)

    def __post_init__(self) -> None:
        key, certificate, _ = pkcs12.load_key_and_certificates(self.pfx, b"clave")
        assert isinstance(key, RSAPrivateKey)
        assert certificate is not None
        self.key = key
        self.certificate_b64 = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def sign(self, xml: str, uri: str, transform: str = C14N) -> str:
        """Put a signature as the last child of the root of `xml`; the rest of the text stays."""
        end = xml.rindex("</")
        parts = {"DIGEST": "", "VALUE": ""}
        template = self._template(uri, transform)
        draft = xml[:end] + template.format(**parts) + xml[end:]
        root = etree.fromstring(draft.encode("utf-8"))
        node = root.findall(f"{{{DSIG}}}Signature")[-1]
        if uri:
            target = next(e for e in root.iter(etree.Element) if e.get("ID") == uri[1:])
            xmlsec.tree.add_ids(target, ["ID"])
        context = xmlsec.SignatureContext()
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
        context.sign(node)
        parts = {
            "DIGEST": node.findtext(f".//{{{DSIG}}}DigestValue") or "",
            "VALUE": "".join((node.findtext(f"{{{DSIG}}}SignatureValue") or "").split()),
        }
        return xml[:end] + template.format(**parts) + xml[end:]

    def _template(self, uri: str, transform: str) -> str:
        numbers = self.key.public_key().public_numbers()
        wrapped = re.sub(r"(.{64})", r"\1\n", self.certificate_b64)
        return (
            f'<Signature xmlns="{DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>'
            f'<SignatureMethod Algorithm="{DSIG}rsa-sha1"/><Reference URI="{uri}"><Transforms>'
            f'<Transform Algorithm="{transform}"/></Transforms><DigestMethod Algorithm="{DSIG}sha1"/>'
            "<DigestValue>{DIGEST}</DigestValue></Reference></SignedInfo>"
            "<SignatureValue>{VALUE}</SignatureValue><KeyInfo><KeyValue><RSAKeyValue>"
            f"<Modulus>{b64_number(numbers.n)}</Modulus><Exponent>{b64_number(numbers.e)}</Exponent>"
            "</RSAKeyValue></KeyValue><X509Data><X509Certificate>"
            f"{wrapped}</X509Certificate></X509Data></KeyInfo></Signature>"
        )


Change = Callable[[str], str]


def unchanged(xml: str) -> str:
    return xml


class Maker:
    """Make boletas and envelopes; each `change_*` spoils a text before it is signed."""

    def __init__(self, simulator: Simulator, clock: SettableClock) -> None:
        self.simulator = simulator
        self.clock = clock
        self.person = Signer(
            simulator.office.issue_certificate(rut=ROSA, name="Rosa Pérez", password="clave")
        )
        self.caf = self.new_caf()

    def new_caf(self, kind: int = 39, quantity: int = 100) -> str:
        xml = self.simulator.office.issue_caf(
            rut=SHOP, name="Almacén Doña Rosa & Hija SpA", kind=kind, quantity=quantity
        )
        return xml.decode("iso-8859-1")

    def now(self) -> str:
        return f"{chile(self.clock()):%Y-%m-%dT%H:%M:%S}"

    def document(
        self,
        folio: int,
        *,
        caf: str | None = None,
        lines: tuple[tuple[str, str, str, int], ...] = (("Pan & café", "2", "1500", 3000),),
        totals: str = "<MntNeto>2521</MntNeto><IVA>479</IVA><MntTotal>3000</MntTotal>",
        total: int = 3000,
        change: Change = unchanged,
        change_stamp: Change = unchanged,
    ) -> str:
        """Write a `<Documento>` with its stamp, unsigned."""
        details = "\n".join(
            f"<Detalle>\n<NroLinDet>{n}</NroLinDet>\n<NmbItem>{_escaped(name)}</NmbItem>\n"
            f"<QtyItem>{quantity}</QtyItem>\n<PrcItem>{price}</PrcItem>\n"
            f"<MontoItem>{amount}</MontoItem>\n</Detalle>"
            for n, (name, quantity, price, amount) in enumerate(lines, start=1)
        )
        today = self.now()[:10]
        head = (
            f'<Documento ID="F{folio}T39">\n<Encabezado>\n<IdDoc>\n<TipoDTE>39</TipoDTE>\n'
            f"<Folio>{folio}</Folio>\n<FchEmis>{today}</FchEmis>\n<IndServicio>3</IndServicio>\n"
            f"</IdDoc>\n<Emisor>\n<RUTEmisor>{SHOP}</RUTEmisor>\n"
            "<RznSocEmisor>Almacén Doña Rosa</RznSocEmisor>\n</Emisor>\n<Receptor>\n"
            f"<RUTRecep>66666666-6</RUTRecep>\n</Receptor>\n<Totales>{totals}</Totales>\n"
            f"</Encabezado>\n{details}\n"
        )
        stamp = self.stamp(
            folio, total=total, item=lines[0][0], caf=caf or self.caf, change=change_stamp
        )
        return change(f"{head}{stamp}\n<TmstFirma>{self.now()}</TmstFirma>\n</Documento>")

    def stamp(self, folio: int, *, total: int, item: str, caf: str, change: Change) -> str:
        element = re.sub(r">\s+<", "><", _between(caf, "<CAF ", "</CAF>"))
        dd = change(
            f"<DD><RE>{SHOP}</RE><TD>39</TD><F>{folio}</F><FE>{self.now()[:10]}</FE>"
            f"<RR>66666666-6</RR><RSR></RSR><MNT>{total}</MNT><IT1>{_escaped(item)}</IT1>"
            f"{element}<TSTED>{self.now()}</TSTED></DD>"
        )
        secret = rsa.PrivateKey.load_pkcs1(_between(caf, "<RSASK>", "</RSASK>")[7:-8].encode())
        value = base64.b64encode(rsa.sign(dd.encode("iso-8859-1"), secret, "SHA-1")).decode()
        return (
            f'<TED version="1.0">\n{dd}\n<FRMT algoritmo="SHA1withRSA">{value}</FRMT>\n</TED>'
        ).replace("><", ">\n<")

    def dte(self, document: str, *, form: str = "default", signer: Signer | None = None) -> str:
        """Sign a document as a DTE; `none` and `portal` write the start tag without namespace."""
        start = '<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0">'
        if form == "none":
            start = '<DTE version="1.0">'
        found = re.search(r'ID="([^"]+)"', document)
        assert found
        signed = (signer or self.person).sign(f"{start}\n{document}\n</DTE>", f"#{found[1]}")
        return (
            signed.replace(' xmlns="http://www.sii.cl/SiiDte"', "", 1)
            if form == "portal"
            else signed
        )

    def envelope(
        self,
        *dtes: str,
        change: Change = unchanged,
        signer: Signer | None = None,
        sender: str = ROSA,
    ) -> bytes:
        """Pack DTEs by concatenation and sign the set."""
        cover = (
            f'<Caratula version="1.0">\n<RutEmisor>{SHOP}</RutEmisor>\n<RutEnvia>{sender}</RutEnvia>\n'
            "<RutReceptor>60803000-K</RutReceptor>\n<FchResol>2014-08-22</FchResol>\n"
            f"<NroResol>0</NroResol>\n<TmstFirmaEnv>{self.now()}</TmstFirmaEnv>\n<SubTotDTE>\n"
            f"<TpoDTE>39</TpoDTE>\n<NroDTE>{len(dtes)}</NroDTE>\n</SubTotDTE>\n</Caratula>\n"
        )
        xml = change(
            '<EnvioBOLETA xmlns="http://www.sii.cl/SiiDte" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:schemaLocation="http://www.sii.cl/SiiDte EnvioBOLETA_v11.xsd" version="1.0">\n'
            '<SetDTE ID="SetDoc">\n' + cover + "\n".join(dtes) + "\n</SetDTE>\n</EnvioBOLETA>"
        )
        signed = (signer or self.person).sign(xml, "#SetDoc")
        declaration = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        return (declaration + signed).encode("iso-8859-1")

    def boleta(self, folio: int, **changes: object) -> bytes:
        """Make an envelope with one boleta."""
        return self.envelope(self.dte(self.document(folio, **changes)))  # type: ignore[arg-type]  # forwarded


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _between(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end) + len(end)]


@pytest.fixture(scope="session")
def make_signer() -> Callable[[bytes], Signer]:
    return Signer


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def simulator(tmp_path: Path, clock: SettableClock) -> Iterator[Simulator]:
    """A simulator over real HTTP whose worker only moves when a test calls step()."""
    made = Simulator(tmp_path / "sii", settings=Settings(stage_ms=0), clock=clock)
    made.worker.start = lambda: None  # type: ignore[method-assign]  # steps are taken by hand
    with made:
        yield made


@pytest.fixture
def maker(simulator: Simulator, clock: SettableClock) -> Maker:
    return Maker(simulator, clock)


@dataclass(frozen=True)
class Outcome:
    """What became of an envelope: its state, why, and `section-level-code` per folio."""

    state: str
    glosa: str
    documents: dict[int, tuple[str, tuple[str, ...]]]


Submit = Callable[[bytes], Outcome]


@pytest.fixture
def submit(simulator: Simulator, clock: SettableClock) -> Submit:
    """Put an envelope into the registry and let the worker finish it."""

    def run(xml: bytes) -> Outcome:
        received, _ = simulator.registry.receive(
            xml,
            issuer=SHOP,
            sender=ROSA,
            file_name="envio.xml",
            at=clock(),
            first_step_at=clock(),
            repeat_since=clock() - timedelta(seconds=900),
            forced=Forced(),
        )
        while simulator.worker.step():
            pass
        envelope = simulator.registry.find(received.track_id)
        assert envelope is not None
        return Outcome(
            state=envelope.state,
            glosa=envelope.glosa,
            documents={
                judged.facts.folio: (
                    judged.state,
                    tuple(f"{f.section}-{f.level}-{f.code}" for f in judged.findings),
                )
                for judged in simulator.registry.documents_of(envelope.id)
            },
        )

    return run
