"""Read replies: XML by local name, JSON, either encoding; a web page is never an answer."""

import json
import re
from dataclasses import dataclass

from lxml import etree

from dte.sii.transport import Response

TEXT_LIMIT = 500
_HTML = re.compile(rb"<\s*(!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_XML = re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|RECEPCIONDTE|SII:RESPUESTA)\b")
_HTML_ROOTS = frozenset({"html", "head", "body", "script", "meta", "title"})
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
# "Archivo ya fue enviado 2 veces con Trackid 251550580. Debe esperar 900 segundos ..."
_DUPLICATE = re.compile(
    r"ya\s+fue\s+enviado\b.{0,80}?track\s*id\D{0,3}([0-9]{1,20})", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element without children: local names, and its stripped text."""

    parent: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class XmlAnswer:
    """The leaves of an XML reply by local name; of equal names the first counts."""

    leaves: tuple[Leaf, ...]
    text: str

    def leaf(self, name: str, *, under: str | None = None) -> str | None:
        """Find a leaf's stripped text, whatever its prefix; `under` names its parent."""
        return next(
            (
                leaf.text
                for leaf in self.leaves
                if leaf.name == name and under in (None, leaf.parent)
            ),
            None,
        )

    def all(self, name: str) -> tuple[str, ...]:
        """List every leaf of that name, in order."""
        return tuple(leaf.text for leaf in self.leaves if leaf.name == name)

    def rows(self, first: str) -> tuple[dict[str, str], ...]:
        """List repeated groups of leaves that stand side by side; each begins with `first`."""
        rows: list[dict[str, str]] = []
        for leaf in self.leaves:
            if leaf.name == first:
                rows.append({})
            if rows:
                rows[-1].setdefault(leaf.name, leaf.text)
        return tuple(rows)


def is_web_page(response: Response) -> bool:
    """Tell whether this is HTML: a login page, a proxy's apology, an alert.

    The old gateway labels its XML as HTML at times, so the body has the last word.
    """
    if _HTML.search(response.body[:2000]):
        return True
    kind = (response.header("content-type") or "").lower()
    return "text/html" in kind and _XML.match(response.body) is None


def read_json(response: Response) -> dict[str, object] | None:
    """Read a JSON object in UTF-8 or ISO-8859-1; None when it is something else."""
    if is_web_page(response):
        return None
    try:
        found = json.loads(body_text(response))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_xml(response: Response) -> XmlAnswer | None:
    """Read an XML reply without DTD, entities or network; None when it is something else."""
    return _read_xml(response.body)


def read_xml_text(text: str) -> XmlAnswer | None:
    """Read XML that came as text inside another reply, whatever encoding it claims."""
    return _read_xml(_XML_DECLARATION.sub("", text, count=1).strip().encode())


def _read_xml(content: bytes) -> XmlAnswer | None:
    if b"<!DOCTYPE" in content:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return None
    # An alert page may well be good XML.
    if etree.QName(root).localname.lower() in _HTML_ROOTS:
        return None
    leaves = tuple(
        Leaf(_parent_name(element), etree.QName(element).localname, (element.text or "").strip())
        for element in root.iter(etree.Element)
        if len(element) == 0
    )
    return XmlAnswer(leaves, " ".join("".join(map(str, root.itertext())).split()))


def _parent_name(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else etree.QName(parent).localname


def former_track(response: Response) -> str | None:
    """Find the track id in a "this file was already sent" answer; None when it is not one."""
    if is_web_page(response):
        return None
    found = _DUPLICATE.search(body_text(response))
    return found[1] if found else None


def body_text(response: Response) -> str:
    """Decode a body as UTF-8, or as ISO-8859-1 when it is not that."""
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError:
        return response.body.decode("iso-8859-1")


def short_text(response: Response) -> str:
    """Sum up an answer for a person or a log: no markup, one line, at most 500 characters."""
    plain = re.sub(r"<[^>]*>", " ", body_text(response)[: TEXT_LIMIT * 20])
    return " ".join(plain.split())[:TEXT_LIMIT] or f"HTTP {response.status}"


def digits(value: object) -> str | None:
    """Read a number that the SII writes now as a number, now as text; it may exceed 32 bits."""
    text = str(value).strip() if isinstance(value, int | str) else ""
    return text if text.isascii() and text.isdigit() else None


def number(value: object) -> int:
    """Read a counter; what is none counts as 0."""
    return int(digits(value) or 0)
