"""Read replies: XML by local name, JSON, either encoding; a web page is never an answer."""

import json
import re
from dataclasses import dataclass

from lxml import etree

from dte.sii.transport import Response

TEXT_LIMIT = 500
_HTML = re.compile(rb"<\s*(!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
# "Archivo ya fue enviado 2 veces con Trackid 251550580. Debe esperar 900 segundos ..."
_DUPLICATE = re.compile(
    r"ya\s+fue\s+enviado\b.{0,80}?track\s*id\D{0,3}([0-9]{1,20})", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class XmlAnswer:
    """The leaves of an XML reply by local name; of equal names the first counts."""

    leaves: tuple[tuple[str, str], ...]
    text: str

    def leaf(self, name: str) -> str | None:
        """Find a leaf's stripped text, whatever its prefix."""
        return next((value for key, value in self.leaves if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """List every leaf of that name, in order."""
        return tuple(value for key, value in self.leaves if key == name)


def is_web_page(response: Response) -> bool:
    """Tell whether this is HTML: a login page, a proxy's apology, an alert."""
    kind = (response.header("content-type") or "").lower()
    return "text/html" in kind or _HTML.search(response.body[:2000]) is not None


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
    if is_web_page(response) or b"<!DOCTYPE" in response.body:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(response.body, parser)
    except etree.XMLSyntaxError:
        return None
    leaves = tuple(
        (etree.QName(element).localname, (element.text or "").strip())
        for element in root.iter(etree.Element)
        if len(element) == 0
    )
    return XmlAnswer(leaves, " ".join("".join(map(str, root.itertext())).split()))


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
