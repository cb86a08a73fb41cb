"""One bad document makes the SII refuse the whole envelope, so each is judged before it enters."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from dte.admission import sort_out
from dte.certificate import Certificate
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.signer import sign_document

SHOP = Rut.parse("76918245-4")
Sign = Callable[..., bytes]


def resigned(xml: bytes, certificate: Certificate) -> bytes:
    return sign_document(
        re.sub(rb"<Signature .*</Signature>", b"", xml, flags=re.DOTALL), certificate
    )


def test_good_documents_pass_in_their_order(factura: Sign) -> None:
    signed = [factura(2), factura(1), factura(3, kind="61")]

    admission = sort_out(signed, issuer=SHOP)

    assert admission.good == tuple(signed)
    assert admission.refused == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (rb"<MntTotal>1190", b"<MntTotal>mil", "schema"),
        (rb"<NmbItem>Harina", b"<NmbItem>Azucar", "digest"),
        (rb"</DTE>", b"", "malformed"),
    ],
)
def test_bad_document_is_left_out_and_named(
    factura: Sign, old: bytes, new: bytes, code: str
) -> None:
    bad = re.sub(old, new, factura(2), count=1)

    admission = sort_out([factura(1), bad, factura(3)], issuer=SHOP)

    assert admission.good == (factura(1), factura(3))
    assert [(refused.place, refused.code) for refused in admission.refused] == [(1, code)]
    assert admission.refused[0].message


def test_stamp_that_contradicts_the_document_is_found(
    factura: Sign, certificate: Certificate
) -> None:
    other = factura(2).replace(b"<MntTotal>1190", b"<MntTotal>1191")

    admission = sort_out([resigned(other, certificate)], issuer=SHOP)

    assert admission.good == ()
    assert admission.refused[0].code == "stamp_differs"


def test_spoiled_stamp_is_found(factura: Sign, certificate: Certificate) -> None:
    spoiled = factura(2).replace(b"<IT1>Harina", b"<IT1>Azucar")

    admission = sort_out([resigned(spoiled, certificate)], issuer=SHOP)

    assert [refused.code for refused in admission.refused] == ["signature"]


def test_second_of_the_same_folio_is_left_out(factura: Sign) -> None:
    admission = sort_out([factura(1), factura(1), factura(1, kind="61")], issuer=SHOP)

    assert admission.good == (factura(1), factura(1, kind="61"))
    assert [(refused.place, refused.code) for refused in admission.refused] == [(1, "repeated")]


def test_document_of_another_company_is_left_out(factura: Sign) -> None:
    admission = sort_out([factura(1)], issuer=Rut.parse("76543210-3"))

    assert [refused.code for refused in admission.refused] == ["other_issuer"]


def test_certificate_of_another_key_is_left_out(
    factura: Sign, pfx_maker: Any, certificate: Certificate
) -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    der = pfx_maker(certified_key=key).certificate().public_bytes(Encoding.DER)
    text = b"<X509Certificate>" + base64.b64encode(der) + b"</X509Certificate>"
    grafted = re.sub(
        rb"<X509Certificate>.*</X509Certificate>", lambda _: text, factura(1), flags=re.DOTALL
    )

    admission = sort_out([grafted], issuer=SHOP)

    assert [refused.code for refused in admission.refused] == ["other_key"]


def test_missing_schemas_are_no_fault_of_the_documents(
    factura: Sign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DTE_SCHEMAS_DIR", str(tmp_path))

    with pytest.raises(SchemasMissing):
        sort_out([factura(1)], issuer=SHOP)
