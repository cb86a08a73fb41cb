"""Read an uploaded envelope: the tree for its data, the text of each DTE for its signature."""

import functools
import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

SII = "http://www.sii.cl/SiiDte"
LINE_LIMIT = 4090
_ENCODINGS = ("ISO-8859-1", "WINDOWS-1252")
_DECLARATION = re.compile(rb"\A<\?xml\s[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
# Comments, CDATA and DTDs have no place in an envelope, and would let text and tree disagree.
_FORBIDDEN = (b"<!--", b"<![CDATA[", b"<!DOCTYPE", b"<!ENTITY")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_MOMENT_SHAPES = {
    **dict.fromkeys(("FchEmis", "FE", "FA", "FchResol"), _DATE),
    **dict.fromkeys(("TmstFirma", "TSTED", "TmstFirmaEnv"), _STAMP),
}
_DTE = re.compile(rb"<DTE[\s>].*?</DTE>", re.DOTALL)
BOLETAS, DOCUMENTS, CONSUMPTION = "EnvioBOLETA", "EnvioDTE", "ConsumoFolios"
ENVELOPES = (BOLETAS, DOCUMENTS)
BOOKS = ("LibroCompraVenta", "LibroGuia", "LibroBoleta")


class UnreadableEnvelopeError(Exception):
    """The file cannot be taken as an envelope; the text is in the words of the SII's parser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope in two views; `texts` are the DTEs as they stand in the file, in order."""

    root: etree._Element
    name: str
    documents: tuple[etree._Element, ...]
    texts: tuple[bytes, ...]
    encoding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The envelope's Caratula."""

    issuer: str
    sender: str
    receiver: str
    resolution_date: str
    resolution_number: str
    signed_at: str
    counts: tuple[tuple[int, int], ...]


def read_envelope(xml: bytes, *, names: tuple[str, ...] = ENVELOPES) -> Envelope:
    """Read a file as far as it is safe; raises UnreadableEnvelopeError.

    `names` are the roots that are taken: envelopes, and where they may come, summaries and books
    (which hold no DTE).
    """
    encoding = _checked_text(xml)
    try:
        root = etree.fromstring(xml, safe_parser())
    except etree.XMLSyntaxError as error:
        raise UnreadableEnvelopeError(f"LPX-00007 {error.msg}") from error
    name = etree.QName(root).localname
    if root.tag != f"{{{SII}}}{name}" or name not in names:
        raise UnreadableEnvelopeError("SCH-00001 Invalid Schema Name")
    documents = tuple(root.iterfind(f"{{{SII}}}SetDTE/{{{SII}}}DTE"))
    texts = tuple(_DTE.findall(xml)) if name in ENVELOPES else ()
    if len(documents) != len(texts):
        # A prefix, or a DTE where none may be: what is signed could differ from what is read.
        raise UnreadableEnvelopeError("LSX-00213 DTE elements do not match their text")
    return Envelope(root=root, name=name, documents=documents, texts=texts, encoding=encoding)


def _checked_text(xml: bytes) -> str:
    longest = max(map(len, xml.split(b"\n")))
    if longest >= LINE_LIMIT:
        raise UnreadableEnvelopeError(f"CHR-00002 Line too long ({longest})")
    if any(mark in xml for mark in _FORBIDDEN):
        raise UnreadableEnvelopeError("LPX-00202 comments, CDATA and DTD are not accepted")
    declared = _DECLARATION.match(xml)
    encoding = declared[1].decode("ascii").upper() if declared else "UTF-8"
    if encoding not in _ENCODINGS:
        raise UnreadableEnvelopeError(f"SCH-00001 Invalid Schema Name: encoding {encoding}")
    return encoding


def read_cover(envelope: Envelope) -> Cover:
    """Read the Caratula of an envelope that follows the schema."""
    cover = envelope.root.find(f"{{{SII}}}SetDTE/{{{SII}}}Caratula")
    assert cover is not None, "the schema demands a Caratula"
    return Cover(
        issuer=text(cover, "RutEmisor"),
        sender=text(cover, "RutEnvia"),
        receiver=text(cover, "RutReceptor"),
        resolution_date=text(cover, "FchResol"),
        resolution_number=text(cover, "NroResol"),
        signed_at=text(cover, "TmstFirmaEnv"),
        counts=tuple(
            (int(text(row, "TpoDTE")), int(text(row, "NroDTE")))
            for row in cover.iterfind(f"{{{SII}}}SubTotDTE")
        ),
    )


def lexical_errors(envelope: Envelope) -> list[str]:
    """List dates and stamps that the schema lets pass but the SII's format does not.

    XML Schema allows zones and fractions; the format is AAAA-MM-DD and AAAA-MM-DDThh:mm:ss.
    """
    return [
        f"LSX-00333 {name}: [{element.text}]"
        for element in envelope.root.iter(etree.Element)
        for name in [etree.QName(element).localname]
        if name in _MOMENT_SHAPES and not _is_moment(name, element.text or "")
    ]


def _is_moment(name: str, written: str) -> bool:
    if not _MOMENT_SHAPES[name].fullmatch(written):
        return False
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def text(element: etree._Element, path: str) -> str:
    """Read the text at a path of SII tags ("IdDoc/Folio"); empty when it is not there."""
    return element.findtext(_qualified(path)) or ""


@functools.lru_cache(maxsize=512)
def _qualified(path: str) -> str:
    # Asked some sixty times per document, always the same few paths.
    return "/".join(f"{{{SII}}}{tag}" for tag in path.split("/"))


def line_of(element: etree._Element | None) -> int:
    """Tell the line an element starts on; 0 when there is none."""
    # lxml's types leave the door open for more than int.
    line = element.sourceline if element is not None else None
    return line if isinstance(line, int) else 0


def safe_parser() -> etree.XMLParser:
    """Make a parser that loads nothing from outside and expands nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
