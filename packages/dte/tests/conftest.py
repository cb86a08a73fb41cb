"""Keys, authorizations, certificates and drafts that the tests make up; nothing here is real."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import rsa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from dte.caf import Caf, SiiKey, load_caf
from dte.certificate import Certificate, load_certificate
from dte.clock import chile_time
from dte.codes import DocumentType
from dte.document import CONSUMER, Draft, Issuer, Line
from dte.rut import Rut
from dte.signer import sign_document
from dte.ted import StampFacts, stamp
from dte.xml.write import write_document

SHOP_RUT = "76918245-4"
OWNER_RUT = "12345678-5"
PASSWORD = "clave de prueba ñ"
AUTHORITY_ID = 900


def _numbers(value: int) -> str:
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode()


@cache
def _folio_keys(place: int) -> tuple[rsa.PublicKey, rsa.PrivateKey]:
    # The library of the product will not make 512-bit keys with exponent 3; real CAFs have them.
    assert place >= 0
    return rsa.newkeys(512, exponent=3)


@cache
def _authority_keys() -> tuple[rsa.PublicKey, rsa.PrivateKey]:
    return rsa.newkeys(512, exponent=65537)


@cache
def _person_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(kw_only=True)
class CafPaper:
    """The text of an authorization, field by field, so that a test can spoil one of them."""

    rut: str = SHOP_RUT
    name: str = "ALMACEN DOÑA ROSA &amp; CIA"
    kind: str = "39"
    first: str = "1"
    last: str = "1000"
    authorized_on: str = "2026-01-02"
    modulus: str = field(default_factory=lambda: _numbers(_folio_keys(0)[0].n))
    exponent: str = "Aw=="
    key_id: str = str(AUTHORITY_ID)
    pem: str = field(default_factory=lambda: _folio_keys(0)[1].save_pkcs1().decode())
    break_lines: bool = True

    def granted(self) -> str:
        return (
            f"<DA><RE>{self.rut}</RE><RS>{self.name}</RS><TD>{self.kind}</TD>"
            f"<RNG><D>{self.first}</D><H>{self.last}</H></RNG><FA>{self.authorized_on}</FA>"
            f"<RSAPK><M>{self.modulus}</M><E>{self.exponent}</E></RSAPK>"
            f"<IDK>{self.key_id}</IDK></DA>"
        )

    def element(self) -> str:
        signed = rsa.sign(self.granted().encode("iso-8859-1"), _authority_keys()[1], "SHA-1")
        signature = base64.b64encode(signed).decode()
        return (
            f'<CAF version="1.0">{self.granted()}'
            f'<FRMA algoritmo="SHA1withRSA">{signature}</FRMA></CAF>'
        )

    def xml(self) -> bytes:
        element = self.element()
        if self.break_lines:
            element = element.replace("><", ">\r\n  <")
        return (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n'
            f"<AUTORIZACION>\r\n{element}\r\n<RSASK>{self.pem}</RSASK>\r\n"
            "<RSAPUBK>-----BEGIN PUBLIC KEY-----</RSAPUBK>\r\n</AUTORIZACION>\r\n"
        ).encode("iso-8859-1")


@pytest.fixture(scope="session")
def caf_paper() -> type[CafPaper]:
    return CafPaper


@pytest.fixture(scope="session")
def other_pem() -> str:
    return _folio_keys(1)[1].save_pkcs1().decode()


@pytest.fixture(scope="session")
def make_caf() -> Callable[..., Caf]:
    def make(**fields: Any) -> Caf:
        return load_caf(CafPaper(**fields).xml())

    return make


@pytest.fixture(scope="session")
def caf(make_caf: Callable[..., Caf]) -> Caf:
    return make_caf()


@pytest.fixture(scope="session")
def trusted() -> dict[int, SiiKey]:
    public = _authority_keys()[0]
    return {AUTHORITY_ID: SiiKey(modulus=public.n, exponent=public.e, environment="demo")}


@dataclass(kw_only=True)
class PfxMaker:
    """A certificate file; `serial` is the subject's serialNumber, `other_name` the SAN's."""

    serial: str | None = OWNER_RUT
    other_name: tuple[str, bytes] | None = None
    extra_name: x509.GeneralName | None = None
    extension: x509.ExtensionType | None = None
    common_name: str | None = "ROSA PÉREZ SOTO"
    valid_from: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    valid_to: datetime = datetime(2028, 1, 1, tzinfo=UTC)
    encryption: Any = None
    key: Any = field(default_factory=_person_key)
    certified_key: Any = None
    chain: list[x509.Certificate] | None = None

    def names(self) -> x509.Name:
        pairs = [
            (NameOID.COMMON_NAME, self.common_name),
            (NameOID.SERIAL_NUMBER, self.serial),
            (NameOID.COUNTRY_NAME, "CL"),
        ]
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])

    def certificate(self) -> x509.Certificate:
        issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Certificadora Demo")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.names())
            .issuer_name(issuer)
            .public_key((self.certified_key or self.key).public_key())
            .serial_number(4660)
            .not_valid_before(self.valid_from)
            .not_valid_after(self.valid_to)
        )
        alternatives: list[x509.GeneralName] = [self.extra_name] if self.extra_name else []
        if self.other_name is not None:
            oid, value = self.other_name
            alternatives.append(x509.OtherName(x509.ObjectIdentifier(oid), value))
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        if self.extension is not None:
            builder = builder.add_extension(self.extension, False)
        return builder.sign(_person_key(), SHA256())

    def pfx(self) -> bytes:
        encryption = self.encryption or BestAvailableEncryption(PASSWORD.encode())
        return serialize_key_and_certificates(
            b"demo", self.key, self.certificate(), self.chain, encryption
        )


@pytest.fixture(scope="session")
def pfx_maker() -> type[PfxMaker]:
    return PfxMaker


@pytest.fixture(scope="session")
def password() -> str:
    return PASSWORD


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return load_certificate(PfxMaker().pfx(), PASSWORD)


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer(
        rut=Rut.parse(SHOP_RUT),
        name="Almacén Doña Rosa & Cía. Ltda.",
        giro="Minimarket",
        address="Av. Ñuble 123",
        commune="Ñuñoa",
        city="Santiago",
        branch_code=78525666,
    )


def make_line(**fields: Any) -> Line:
    bread = Line(name="Pan marraqueta", quantity=Decimal(1), unit_price=Decimal(1990))
    return replace(bread, **fields)


@pytest.fixture(scope="session")
def line() -> Callable[..., Line]:
    return make_line


@pytest.fixture(scope="session")
def make_draft(issuer: Issuer) -> Callable[..., Draft]:
    def make(*lines: Line, **fields: Any) -> Draft:
        draft = Draft(
            kind=DocumentType.BOLETA,
            issuer=issuer,
            receiver=CONSUMER,
            lines=lines or (make_line(),),
            issue_date=date(2026, 11, 22),
        )
        return replace(draft, **fields)

    return make


@pytest.fixture(scope="session")
def noon() -> datetime:
    """Return 12:00 of 2026-11-22 in Chile (UTC-3, summer time)."""
    return datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def factura(
    make_caf: Callable[..., Caf], certificate: Certificate, noon: datetime
) -> Callable[..., bytes]:
    """Sign a factura or nota written out here, whatever the builder can do."""

    def make(folio: int, kind: str = "33", receiver: str = "76543210-3") -> bytes:
        facts = StampFacts(
            folio=folio,
            issue_date=date(2026, 11, 22),
            receiver=Rut.parse(receiver),
            receiver_name="Comercial Ñandú",
            total_clp=1190,
            first_item="Harina",
        )
        reference = (
            "<Referencia><NroLinRef>1</NroLinRef><TpoDocRef>33</TpoDocRef><FolioRef>9</FolioRef>"
            "<FchRef>2026-11-20</FchRef><CodRef>1</CodRef></Referencia>"
        )
        xml = write_document(
            document_id=f"F{folio}T{kind}",
            body=f"<Encabezado><IdDoc><TipoDTE>{kind}</TipoDTE><Folio>{folio}</Folio>"
            "<FchEmis>2026-11-22</FchEmis></IdDoc><Emisor><RUTEmisor>76918245-4</RUTEmisor>"
            "<RznSoc>Almacén Doña Rosa</RznSoc><GiroEmis>Minimarket</GiroEmis>"
            f"<Acteco>472101</Acteco></Emisor><Receptor><RUTRecep>{receiver}</RUTRecep>"
            "<RznSocRecep>Comercial Ñandú</RznSocRecep></Receptor><Totales><MntNeto>1000</MntNeto>"
            "<TasaIVA>19</TasaIVA><IVA>190</IVA><MntTotal>1190</MntTotal></Totales></Encabezado>"
            "<Detalle><NroLinDet>1</NroLinDet><NmbItem>Harina</NmbItem><MontoItem>1000</MontoItem>"
            f"</Detalle>{reference if kind == '61' else ''}",
            ted=stamp(make_caf(kind=kind), facts, at=noon),
            stamped_at=chile_time(noon),
        )
        return sign_document(xml, certificate)

    return make
