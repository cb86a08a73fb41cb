"""Rewrite the golden documents on purpose: `python packages/dte/tests/golden/remake.py`.

The keys under keys/ (PEM text) were made for these documents and open nothing.
"""

import base64
import runpy
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import rsa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dte.build import build
from dte.caf import Caf, SiiKey, load_caf
from dte.certificate import Certificate
from dte.codes import DocumentType
from dte.document import Draft
from dte.keys import load_private_key
from dte.rut import Rut
from dte.signer import sign_document

FOLDER = Path(__file__).parent
KEYS = FOLDER / "keys"
FOLIO_KEY = KEYS / "TEST-ONLY-folios.txt"
AUTHORITY_KEY = KEYS / "TEST-ONLY-authority.txt"
PERSON_KEY = KEYS / "TEST-ONLY-person.txt"
PERSON_CERTIFICATE = KEYS / "TEST-ONLY-person-certificate.txt"

AUTHORITY_ID = 900
FOLIO = 4567
OWNER = "12345678-5"
# 12:00:07 in Chile, summer time.
AT = datetime(2026, 11, 22, 15, 0, 7, tzinfo=UTC)
AUTHORIZED_ON = date(2026, 10, 1)

CASES: Mapping[str, Draft] = runpy.run_path(str(FOLDER / "cases.py"))["CASES"]


def golden_path(name: str) -> Path:
    return FOLDER / f"{name}.xml"


def make_document(draft: Draft) -> bytes:
    document = build(draft=draft, folio=FOLIO, caf=make_caf(draft.kind), at=AT)
    return sign_document(document.xml, read_certificate())


def trusted_keys() -> dict[int, SiiKey]:
    key = rsa.PrivateKey.load_pkcs1(AUTHORITY_KEY.read_bytes())
    return {AUTHORITY_ID: SiiKey(modulus=key.n, exponent=key.e, environment="demo")}


def make_caf(kind: DocumentType) -> Caf:
    key = rsa.PrivateKey.load_pkcs1(FOLIO_KEY.read_bytes())
    granted = (
        f"<DA><RE>76918245-4</RE><RS>ALMACEN DOÑA ROSA &amp; CIA</RS><TD>{kind:d}</TD>"
        f"<RNG><D>1</D><H>10000</H></RNG><FA>{AUTHORIZED_ON}</FA>"
        f"<RSAPK><M>{_base64(key.n)}</M><E>{_base64(key.e)}</E></RSAPK>"
        f"<IDK>{AUTHORITY_ID}</IDK></DA>"
    )
    authority = rsa.PrivateKey.load_pkcs1(AUTHORITY_KEY.read_bytes())
    signature = rsa.sign(granted.encode("iso-8859-1"), authority, "SHA-1")
    xml = (
        f'<AUTORIZACION><CAF version="1.0">{granted}<FRMA algoritmo="SHA1withRSA">'
        f"{base64.b64encode(signature).decode()}</FRMA></CAF>"
        f"<RSASK>{key.save_pkcs1().decode()}</RSASK></AUTORIZACION>"
    )
    return load_caf(xml.encode("iso-8859-1"))


def read_certificate() -> Certificate:
    certificate = x509.load_pem_x509_certificate(PERSON_CERTIFICATE.read_bytes())
    return Certificate(
        rut=Rut.parse(OWNER),
        name="TEST ONLY",
        issuer_name="TEST ONLY",
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        der=certificate.public_bytes(Encoding.DER),
        private_key=load_private_key(PERSON_KEY.read_bytes()),
    )


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()


def _make_keys() -> None:
    KEYS.mkdir()
    FOLIO_KEY.write_bytes(rsa.newkeys(512, exponent=3)[1].save_pkcs1())
    AUTHORITY_KEY.write_bytes(rsa.newkeys(512, exponent=65537)[1].save_pkcs1())
    key = generate_private_key(public_exponent=65537, key_size=2048)
    PERSON_KEY.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "TEST ONLY"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, OWNER),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=365))
        .sign(key, SHA256())
    )
    PERSON_CERTIFICATE.write_bytes(certificate.public_bytes(Encoding.PEM))


def main() -> None:
    if not KEYS.exists():
        _make_keys()
    for name, draft in CASES.items():
        golden_path(name).write_bytes(make_document(draft) + b"\n")


if __name__ == "__main__":
    main()
