"""Read envelopes (EnvioDTE, EnvioBOLETA): the cover, and each document for itself."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from dte.clock import read_local
from dte.errors import DteError, XmlRefused
from dte.rut import Rut
from dte.xml.group import Group, read_amount, read_date
from dte.xml.parse import decode_xml, local_name, parse_text
from dte.xml.read import ENVELOPES, ReadDocument, find_documents, read_element

_DTE_TEXT = re.compile(r"<DTE\b.*?</DTE\s*>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubtotal:
    """How many documents of one type (its code, known or not) the cover announces."""

    kind: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCover:
    """The cover (Caratula). `sent_at` (TmstFirmaEnv) is Chilean local time, naive."""

    issuer: Rut
    sender: Rut
    receiver: Rut
    resolution_date: date
    resolution_number: int
    sent_at: datetime
    subtotals: tuple[ReadSubtotal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopePart:
    """One document of an envelope: its own bytes, and what was read or why it was not.

    `xml` is its `<DTE>` as it stands in the file, in ISO-8859-1, line ends as LF, without the
    declarations it inherits: read, verify and keep these bytes.
    """

    xml: bytes = field(repr=False)
    document: ReadDocument | None
    refusal: DteError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEnvelope:
    """An envelope and its documents in order; a lone document has neither cover nor set."""

    cover: ReadCover | None
    set_id: str
    parts: tuple[EnvelopePart, ...]

    @property
    def documents(self) -> tuple[ReadDocument, ...]:
        """The documents that could be read."""
        return tuple(part.document for part in self.parts if part.document is not None)

    @property
    def refusals(self) -> tuple[DteError, ...]:
        """Why the others could not."""
        return tuple(part.refusal for part in self.parts if part.refusal is not None)


def read_envelope(xml: bytes) -> ReadEnvelope:
    """Read an EnvioDTE, an EnvioBOLETA or a lone `<DTE>`; a document we refuse spoils no other.

    Raises XmlRefused when the file, its cover or its set cannot be read.
    Source: EnvioDTE_v10.xsd and EnvioBOLETA_v11.xsd, SetDTE and Caratula.
    """
    text = decode_xml(xml)
    root = parse_text(text)
    if local_name(root) not in ENVELOPES and local_name(root) != "DTE":
        raise XmlRefused(
            "not_an_envelope", "El archivo no es un envío (EnvioDTE o EnvioBOLETA) ni un DTE."
        )
    elements = find_documents(root)
    parts = tuple(map(_read_part, elements, _texts(text, elements)))
    if local_name(root) == "DTE":
        return ReadEnvelope(cover=None, set_id="", parts=parts)
    documents = Group(root).required_element("SetDTE")
    return ReadEnvelope(
        cover=_read_cover(Group(documents).required_group("Caratula")),
        set_id=documents.get("ID") or "",
        parts=parts,
    )


def _read_part(element: etree._Element, text: str) -> EnvelopePart:
    raw = text.encode("iso-8859-1", "xmlcharrefreplace")
    try:
        return EnvelopePart(xml=raw, document=read_element(element), refusal=None)
    except DteError as error:
        return EnvelopePart(xml=raw, document=None, refusal=error)


def _texts(text: str, elements: list[etree._Element]) -> list[str]:
    """Return each document's own text.

    Where comments, CDATA, instructions, prefixes or nesting could make a search in the text find
    other things than the parser did, the text is written from the tree: the same canonical form,
    though not the same letters.
    """
    found = _DTE_TEXT.findall(text)
    plain = "<!" not in text and "<?" not in text and text.count("<DTE") == len(elements)
    if plain and len(found) == len(elements):
        return found
    return [
        str(etree.tostring(element, with_tail=False, encoding="unicode")) for element in elements
    ]


def _read_cover(node: Group) -> ReadCover:
    return ReadCover(
        issuer=node.value("RutEmisor", Rut.parse),
        sender=node.value("RutEnvia", Rut.parse),
        receiver=node.value("RutReceptor", Rut.parse),
        resolution_date=node.value("FchResol", read_date),
        resolution_number=node.value("NroResol", read_amount),
        sent_at=node.value("TmstFirmaEnv", read_local),
        subtotals=tuple(
            ReadSubtotal(
                kind=subtotal.value("TpoDTE", read_amount),
                count=subtotal.value("NroDTE", read_amount),
            )
            for subtotal in node.groups("SubTotDTE")
        ),
    )
