"""What answers and receipts have in common: who speaks to whom, about which document."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from dte.amounts import read_integer
from dte.codes import DocumentType
from dte.document import Document
from dte.errors import DteError, XmlRefused
from dte.rut import Rut
from dte.text import clean_text
from dte.xml.group import Group, read_date
from dte.xml.parse import local_name, parse_xml
from dte.xml.read import ReadDocument
from dte.xml.write import leaf


class ExchangeRefused(DteError):
    """An answer or a set of receipts that no schema can hold.

    Codes: empty, mixed, too_many, repeated, foreign_document.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIdentity:
    """The facts by which both sides know a document."""

    kind: DocumentType
    folio: int
    issue_date: date
    issuer: Rut
    receiver: Rut
    total_clp: int

    @classmethod
    def of(cls, document: Document | ReadDocument) -> Self:
        """Take the facts from a document, ours or one we read."""
        if isinstance(document, Document):
            issuer, receiver = document.issuer, document.receiver
        else:
            issuer, receiver = document.issuer.rut, document.receiver.rut
        return cls(
            kind=document.kind,
            folio=document.folio,
            issue_date=document.issue_date,
            issuer=issuer,
            receiver=receiver,
            total_clp=document.totals.total_clp,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask about the file; all of it may be empty. Name and phone up to 40, email 80."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who speaks (`responder`, the receiver of the documents) to whom (`recipient`, the issuer)."""

    responder: Rut
    recipient: Rut
    contact: Contact = Contact()


def write_parties(parties: Parties) -> str:
    """Return RutResponde and RutRecibe. Source: RespuestaEnvioDTE_v10.xsd, Caratula."""
    return (
        f"<RutResponde>{parties.responder}</RutResponde>\n"
        f"<RutRecibe>{parties.recipient}</RutRecibe>\n"
    )


def write_contact(contact: Contact) -> str:
    """Return the fields of a contact. Raises TextRefused.

    Source: RespuestaEnvioDTE_v10.xsd, Caratula; SiiTypes_v10.xsd, NombreType and FonoType.
    """
    name = clean_text(contact.name, field="NmbContacto", limit=40)
    phone = clean_text(contact.phone, field="FonoContacto", limit=40)
    email = clean_text(contact.email, field="MailContacto", limit=80)
    return f"{leaf('NmbContacto', name)}{leaf('FonoContacto', phone)}{leaf('MailContacto', email)}"


def read_parties(cover: Group) -> Parties:
    """Read a cover. Raises XmlRefused. Source: RespuestaEnvioDTE_v10.xsd, Caratula."""
    return Parties(
        responder=cover.value("RutResponde", Rut.parse),
        recipient=cover.value("RutRecibe", Rut.parse),
        contact=Contact(
            name=cover.text("NmbContacto"),
            phone=cover.text("FonoContacto"),
            email=cover.text("MailContacto"),
        ),
    )


def write_identity(document: DocumentIdentity, *, type_tag: str = "TipoDTE") -> str:
    """Return the six fields that name a document.

    Source: RespuestaEnvioDTE_v10.xsd, RecepcionDTE; Recibos_v10.xsd (`type_tag` TipoDoc).
    """
    return (
        f"<{type_tag}>{document.kind:d}</{type_tag}>\n<Folio>{document.folio}</Folio>\n"
        f"<FchEmis>{document.issue_date.isoformat()}</FchEmis>\n"
        f"<RUTEmisor>{document.issuer}</RUTEmisor>\n<RUTRecep>{document.receiver}</RUTRecep>\n"
        f"<MntTotal>{document.total_clp}</MntTotal>\n"
    )


def read_identity(node: Group, *, type_tag: str = "TipoDTE") -> DocumentIdentity:
    """Read what `write_identity` writes. Raises XmlRefused.

    Source: RespuestaEnvioDTE_v10.xsd, RecepcionDTE; Recibos_v10.xsd.
    """
    return DocumentIdentity(
        kind=node.value(type_tag, lambda text: DocumentType(read_integer(text))),
        folio=node.value("Folio", read_integer),
        issue_date=node.value("FchEmis", read_date),
        issuer=node.value("RUTEmisor", Rut.parse),
        receiver=node.value("RUTRecep", Rut.parse),
        total_clp=node.value("MntTotal", read_integer),
    )


def read_enclosed(xml: bytes, *, root: str, content: str) -> Group:
    """Parse a file of that root and return its content. Raises XmlRefused.

    Source: RespuestaEnvioDTE_v10.xsd, EnvioRecibos_v10.xsd.
    """
    tree = parse_xml(xml)
    if local_name(tree) != root:
        raise XmlRefused(
            "other_file", f"El archivo no es un {root}. Revisa cuál es y vuelve a abrirlo."
        )
    return Group(tree).required_group(content)
