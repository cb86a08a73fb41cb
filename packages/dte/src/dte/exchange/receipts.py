"""EnvioRecibos: the receiver declares that goods or services of a document were received."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dte.certificate import Certificate
from dte.clock import chile_time, read_local
from dte.exchange.parties import (
    DocumentIdentity,
    ExchangeRefused,
    Parties,
    read_enclosed,
    read_identity,
    read_parties,
    write_contact,
    write_identity,
    write_parties,
)
from dte.rut import Rut
from dte.sealing import open_file, seal_file
from dte.signer import SignatureForm, sign_part
from dte.text import clean_text, escape
from dte.xml.group import Group

# The law's own words, to the letter: another text is no receipt.
# Source: Recibos_v10.xsd, Declaracion (fixed); Ley 19.983, Art. 4 letter b and Art. 5 letter c.
LAW_19983_DECLARATION = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b)"
    " del Art. 4, y la letra c) del Art. 5 de la Ley 19.983, acredita que la entrega de"
    " mercaderias o servicio(s) prestado(s) ha(n) sido recibido(s)."
)
PLACE_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One document whose goods or services were received, and where (`place`, Recinto, up to 80).

    Source: Recibos_v10.xsd, DocumentoRecibo.
    """

    document: DocumentIdentity
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReceipt:
    """A receipt as read: `signer` is who declares; `signed_at` is local and naive, as written."""

    receipt: Receipt
    signer: Rut
    declaration: str
    signed_at: datetime

    @property
    def is_lawful(self) -> bool:
        """Say whether it declares what Ley 19.983 asks, blanks aside."""
        return " ".join(self.declaration.split()) == LAW_19983_DECLARATION


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReceipts:
    """A set of receipts as read from a file; `signed_at` is local and naive, as written."""

    parties: Parties
    receipts: tuple[SignedReceipt, ...]
    signed_at: datetime


def write_receipts(
    receipts: Sequence[Receipt],
    parties: Parties,
    certificate: Certificate,
    at: datetime,
    *,
    form: SignatureForm = SignatureForm.DEFAULT_XSI,
    check: bool = False,
) -> bytes:
    """Return the signed `<EnvioRecibos>`, each receipt in it signed too (ISO-8859-1).

    The signer is the certificate's owner. `form` is that of the single receipts; the default one
    verifies in place as well as cut out, and no manual says which the others expect. All
    documents must be from `parties.recipient` to `parties.responder` (code foreign_document).
    Raises ExchangeRefused, TextRefused, CertificateExpired and CertificateNotYetValid; with
    `check` also SchemaRefused and SchemasMissing.
    Source: EnvioRecibos_v10.xsd, Recibos_v10.xsd; Ley 19.983.
    """
    certificate.check(at)
    if not receipts:
        raise ExchangeRefused("empty", "No hay recibos que enviar. Agrega un documento.")
    if len({receipt.document for receipt in receipts}) != len(receipts):
        raise ExchangeRefused(
            "repeated", "Un documento viene dos veces en los recibos. Déjalo una sola vez."
        )
    for receipt in receipts:
        if (receipt.document.issuer, receipt.document.receiver) != (
            parties.recipient,
            parties.responder,
        ):
            raise ExchangeRefused(
                "foreign_document",
                f"El documento {receipt.document.folio} no es de esta empresa para ti."
                " Haz un envío de recibos por proveedor.",
            )
    signed_at = chile_time(at).isoformat()
    parts = [
        sign_part("Recibo", _write_receipt(receipt, certificate.rut, signed_at), certificate, form)
        for receipt in receipts
    ]
    body = "\n".join(parts)
    content = (
        f'<SetRecibos ID="SetRecibos">\n<Caratula version="1.0">\n{write_parties(parties)}'
        f"{write_contact(parties.contact)}<TmstFirmaEnv>{signed_at}</TmstFirmaEnv>\n</Caratula>\n"
        f"{body}\n</SetRecibos>"
    )
    return seal_file(open_file("EnvioRecibos", content), certificate, check=check)


def read_receipts(xml: bytes) -> SignedReceipts:
    """Read an `<EnvioRecibos>` that arrived, its signatures not verified. Raises XmlRefused.

    Source: EnvioRecibos_v10.xsd, Recibos_v10.xsd.
    """
    content = read_enclosed(xml, root="EnvioRecibos", content="SetRecibos")
    cover = content.required_group("Caratula")
    return SignedReceipts(
        parties=read_parties(cover),
        receipts=tuple(
            _read_receipt(node.required_group("DocumentoRecibo"))
            for node in content.groups("Recibo")
        ),
        signed_at=cover.value("TmstFirmaEnv", read_local),
    )


def _write_receipt(receipt: Receipt, signer: Rut, signed_at: str) -> str:
    document = receipt.document
    place = clean_text(receipt.place, field="Recinto", limit=PLACE_LIMIT)
    return (
        f'<DocumentoRecibo ID="R{document.folio}T{document.kind:d}">\n'
        f"{write_identity(document, type_tag='TipoDoc')}<Recinto>{escape(place)}</Recinto>\n"
        f"<RutFirma>{signer}</RutFirma>\n<Declaracion>{LAW_19983_DECLARATION}</Declaracion>\n"
        f"<TmstFirmaRecibo>{signed_at}</TmstFirmaRecibo>\n</DocumentoRecibo>"
    )


def _read_receipt(node: Group) -> SignedReceipt:
    return SignedReceipt(
        receipt=Receipt(
            document=read_identity(node, type_tag="TipoDoc"), place=node.text("Recinto")
        ),
        signer=node.value("RutFirma", Rut.parse),
        declaration=node.text("Declaracion"),
        signed_at=node.value("TmstFirmaRecibo", read_local),
    )
