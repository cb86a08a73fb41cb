"""A shop that exists for one benchmark: folio key, certificate and basket, all made up."""

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import rsa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from dte.caf import Caf, load_caf
from dte.certificate import Certificate, load_certificate
from dte.codes import DocumentType
from dte.document import CONSUMER, Draft, Issuer, Line
from dte.rut import Rut

SHOP_RUT = "76918245-4"
OWNER_RUT = "12345678-5"
PASSWORD = "banco de pruebas"
FOLIOS = 100_000
AT = datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC)
BASKET = (
    ("Pan marraqueta", "0.755", 2190),
    ("Leche entera 1 L", "2", 1150),
    ("Café molido 250 g", "1", 4290),
    ("Detergente líquido 3 L", "1", 8990),
    ("Queso mantecoso & campo", "0.455", 8990),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DteShop:
    """What a shop needs to issue; the peer gets the same folio file and certificate."""

    caf: Caf
    caf_file: bytes
    certificate: Certificate
    pfx: bytes
    draft: Draft


def make_dte_shop() -> DteShop:
    """Make new keys and all that hangs on them."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pfx = _pfx(key)
    caf_file = _caf_file()
    return DteShop(
        caf=load_caf(caf_file),
        caf_file=caf_file,
        certificate=load_certificate(pfx, PASSWORD),
        pfx=pfx,
        draft=Draft(
            kind=DocumentType.BOLETA,
            issuer=Issuer(
                rut=Rut.parse(SHOP_RUT),
                name="Almacén Doña Rosa Ltda.",
                giro="Minimarket",
                address="Av. Ñuble 123",
                commune="Ñuñoa",
                city="Santiago",
            ),
            receiver=CONSUMER,
            lines=tuple(
                Line(name=name, quantity=Decimal(quantity), unit_price=Decimal(price))
                for name, quantity, price in BASKET
            ),
            issue_date=date(2026, 11, 22),
        ),
    )


def _caf_file() -> bytes:
    # 512 bits and exponent 3, as all folio keys have; `cryptography` will not make such a key.
    public, private = rsa.newkeys(512, exponent=3)
    granted = (
        f"<DA><RE>{SHOP_RUT}</RE><RS>ALMACEN DE PRUEBA</RS><TD>39</TD>"
        f"<RNG><D>1</D><H>{FOLIOS}</H></RNG><FA>2026-01-02</FA>"
        f"<RSAPK><M>{_numbers(public.n)}</M><E>{_numbers(public.e)}</E></RSAPK>"
        "<IDK>900</IDK></DA>"
    )
    authority = rsa.newkeys(512, exponent=65537)[1]
    signature = base64.b64encode(rsa.sign(granted.encode(), authority, "SHA-1")).decode()
    return (
        f'<?xml version="1.0"?>\n<AUTORIZACION>\n<CAF version="1.0">{granted}'
        f'<FRMA algoritmo="SHA1withRSA">{signature}</FRMA></CAF>\n'
        f"<RSASK>{private.save_pkcs1().decode()}</RSASK>\n</AUTORIZACION>\n"
    ).encode("iso-8859-1")


def _numbers(value: int) -> str:
    return base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode()


def _pfx(key: RSAPrivateKey) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "BANCO DE PRUEBAS"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, OWNER_RUT),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=3650))
        .sign(key, SHA256())
    )
    encryption = BestAvailableEncryption(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"bench", key, certificate, None, encryption)
