"""A till's device in Python: keys, signed requests, opened leases, stamps of its own."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.test import Client

from dte.caf import PublicCaf, read_caf_element
from dte.clock import chile_date
from dte.keys import rsa_sign_sha1
from dte.rut import Rut
from dte.ted import StampFacts, stamp_content
from erpmarket.common.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLease:
    """A block of folios as the device holds it: with the key that stamps them."""

    uid: str
    kind: int
    first: int
    last: int
    caf: PublicCaf
    key: RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What a device sends, ready for the wire."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True, kw_only=True)
class TestDevice:
    """A browser that sells at a till by itself."""

    __test__ = False

    company_id: int
    uid: UUID = field(default_factory=uuid7)
    seq: int = 0
    signs: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    opens: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    client: Client = field(default_factory=Client)

    def enrol(self, code: str) -> Any:
        body = {
            "code": code,
            "device_uid": str(self.uid),
            "name": "Tablet del mesón",
            "sign_key": base64.b64encode(
                self.signs.public_key().public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            ).decode(),
            "wrap_key": base64.b64encode(
                self.opens.public_key().public_bytes(
                    serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
                )
            ).decode(),
        }
        return self.client.post(
            self._path("inscribir"), json.dumps(body), content_type="application/json"
        )

    def ask(
        self, name: str, body: object = None, *, at: datetime, signed_as: "TestDevice | None" = None
    ) -> Any:
        """Send a signed request: POST with a body, else GET."""
        return self.send(self.sign(name, body, at=at, signed_as=signed_as))

    def send(self, signed: SignedRequest) -> Any:
        return self.client.generic(
            signed.method,
            signed.path,
            signed.body,
            content_type="application/json",
            headers=signed.headers,
        )

    def sign(
        self, name: str, body: object = None, *, at: datetime, signed_as: "TestDevice | None" = None
    ) -> SignedRequest:
        """Write a signed request without sending it."""
        raw = b"" if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        return self.sign_bytes(name, raw, at=at, method=method, signed_as=signed_as)

    def sign_bytes(
        self,
        name: str,
        raw: bytes,
        *,
        at: datetime,
        method: str = "POST",
        signed_as: "TestDevice | None" = None,
    ) -> SignedRequest:
        """Sign a body as it stands, even one that no device would write."""
        path = self._path(name)
        text = f"{method}\n{path}\n{at.isoformat()}\n{hashlib.sha256(raw).hexdigest()}"
        r, s = decode_dss_signature(
            (signed_as or self).signs.sign(text.encode(), ec.ECDSA(SHA256()))
        )
        return SignedRequest(
            method=method,
            path=path,
            body=raw,
            headers={
                "Accept": "application/json",
                "X-Caja-Equipo": str(self.uid),
                "X-Caja-Hora": at.isoformat(),
                "X-Caja-Firma": base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode(),
            },
        )

    def lease(self, *, kind: int = 39, count: int = 20, at: datetime) -> OpenedLease:
        answer = self.ask(
            "folios", {"request_uid": str(uuid7()), "kind": kind, "count": count}, at=at
        )
        assert answer.status_code == 200, answer.content
        return self.open(answer.json())

    def open(self, told: dict[str, Any]) -> OpenedLease:
        sealed = base64.b64decode(told["key"])
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), base64.b64decode(told["wrapped_by"])
        )
        shared = self.opens.exchange(ec.ECDH(), theirs)
        key = HKDF(algorithm=SHA256(), length=32, salt=sealed[:16], info=b"caf").derive(shared)
        bound = f"{told['uid']}|{told['kind']}|{told['first']}|{told['last']}|{self.uid}"
        plain = AESGCM(key).decrypt(sealed[16:28], sealed[28:], bound.encode())
        private = serialization.load_der_private_key(plain, password=None)
        assert isinstance(private, RSAPrivateKey)
        return OpenedLease(
            uid=told["uid"],
            kind=told["kind"],
            first=told["first"],
            last=told["last"],
            caf=read_caf_element(told["caf"]),
            key=private,
        )

    def event(self, kind: str, body: dict[str, Any], *, at: datetime, **more: Any) -> Any:
        self.seq += 1
        return {
            "seq": self.seq,
            "uid": str(uuid7()),
            "type": kind,
            "at": at.isoformat(),
            "raw_at": at.isoformat(),
            "body": body,
        } | more

    def sale(
        self,
        lease: OpenedLease,
        lines: list[dict[str, Any]],
        *,
        shift_uid: str,
        folio: int,
        at: datetime,
        payments: list[dict[str, Any]] | None = None,
        buyer: dict[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """Write down a sale, stamped by the device; paid in cash unless told otherwise."""
        total = sum(line["amount_clp"] for line in lines)
        facts = StampFacts(
            folio=folio,
            issue_date=chile_date(at),
            receiver=Rut.parse("66666666-6" if buyer is None else buyer["rut"]),
            receiver_name="CONSUMIDOR FINAL" if buyer is None else buyer["name"],
            total_clp=total,
            first_item=lines[0]["name"],
        )
        body = {
            "shift_uid": shift_uid,
            "lines": lines,
            "payments": payments or [{"kind": "cash", "amount_clp": -(-total // 1000) * 1000}],
            "total_clp": total,
            "buyer": buyer,
            "paper": {
                "kind": lease.kind,
                "folio": folio,
                "lease_uid": lease.uid,
                "ted": base64.b64encode(make_ted(lease, facts, at)).decode(),
            },
        }
        return self.event("sale", body, at=at, **more)

    def tell(self, *events: Any, at: datetime) -> list[dict[str, Any]]:
        """Send the journal and give the result of each event."""
        answer = self.ask("diario", {"events": list(events)}, at=at)
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def _path(self, name: str) -> str:
        return f"/caja/equipo/{self.company_id}/{name}"


def make_ted(lease: OpenedLease, facts: StampFacts, at: datetime) -> bytes:
    content = stamp_content(lease.caf, facts, at=at, fold=True)
    signature = base64.b64encode(rsa_sign_sha1(lease.key, content))
    return b'<TED version="1.0">%b<FRMT algoritmo="SHA1withRSA">%b</FRMT></TED>' % (
        content,
        signature,
    )


def sold_line(product: Any, quantity: str = "1", **more: Any) -> dict[str, Any]:
    """Write a line as the till does; its amount is that of whole units unless told."""
    line = {
        "product_id": product.id,
        "name": product.name,
        "unit": product.unit,
        "quantity": quantity,
        "price_clp": product.price_clp,
        "exempt": product.is_exempt,
        "discount_clp": 0,
        "amount_clp": int(quantity) * product.price_clp,
    }
    return line | more
