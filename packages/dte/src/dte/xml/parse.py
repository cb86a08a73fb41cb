"""The one place where bytes from outside become an XML tree."""

import re
from collections.abc import Iterator

from lxml import etree

from dte.errors import XmlRefused

# An EnvioDTE of 2,000 documents (its limit) is about 15 MB, 600,000 tags, 80,000 attributes. The
# tree of a file takes up to thirty times its bytes, so that tags and attributes are counted first.
MAX_BYTES = 20_000_000
MAX_DEPTH = 48
MAX_TAGS = 1_000_000
MAX_ATTRIBUTES = 200_000
# Every element that is looked at alone carries along all names of namespaces around it; real
# files have four.
MAX_PREFIXES = 32

_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CODECS = {
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
    "iso_8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
}
_UTF8_MARK = b"\xef\xbb\xbf"
_PREFIX = re.compile(r"xmlns:([^\s=]+)")
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_INSTRUCTION_INSIDE = etree.XPath("boolean(/*//processing-instruction())")


def decode_xml(xml: bytes) -> str:
    """Return the text of a file without its XML declaration, line ends as LF.

    A file that declares no encoding is taken as ISO-8859-1, the SII's rule; a mark of UTF-8 at its
    start is believed before what the file declares, since editors add it. Raises XmlRefused.
    """
    if len(xml) > MAX_BYTES:
        raise XmlRefused("too_large", f"El archivo pasa de {MAX_BYTES // 1_000_000} MB.")
    codec = "iso-8859-1"
    marked = xml.startswith(_UTF8_MARK)
    if marked:
        xml, codec = xml[len(_UTF8_MARK) :], "utf-8"
    declaration = _DECLARATION.match(xml)
    if declaration is not None:
        named = _ENCODING.search(declaration[0])
        if named is not None and not marked:
            codec = _CODECS.get(named[1].decode("ascii").lower(), "")
        xml = xml[declaration.end() :]
    try:
        text = xml.decode(codec)
    except (LookupError, UnicodeDecodeError) as error:
        raise XmlRefused(
            "encoding",
            "El archivo no viene en la codificación que declara (se espera ISO-8859-1)."
            " Descárgalo otra vez sin abrirlo ni guardarlo con otro programa.",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def mark_utf8(xml: bytes) -> bytes | None:
    """Return a file that may be UTF-8 without saying so, with the mark that says so; else None.

    XML at large takes a file that declares nothing for UTF-8, the SII for ISO-8859-1: which of
    both it is shows in what its signature fits.
    """
    declaration = _DECLARATION.match(xml)
    declared = declaration is not None and _ENCODING.search(declaration[0]) is not None
    if declared or xml.isascii() or xml.startswith(_UTF8_MARK):
        return None
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return _UTF8_MARK + xml


def parse_text(text: str) -> etree._Element:
    """Parse decoded XML: no DTD, no entities, no network, bounded in depth and size.

    Comments are dropped, so that none splits a value in two: signatures do not cover them. An
    instruction inside the root, which would do the same, is refused. Raises XmlRefused.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise XmlRefused("dtd", "El archivo trae una definición de tipo (DTD), que no se acepta.")
    if text.count("<") > MAX_TAGS or text.count("=") > MAX_ATTRIBUTES:
        raise XmlRefused("too_many", "El archivo tiene demasiadas partes; no es un documento.")
    if len(set(_PREFIX.findall(text))) > MAX_PREFIXES:
        raise XmlRefused("too_many", "El archivo usa demasiados nombres; no es un documento.")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        # The stubs do not know `code`.
        extra = getattr(error, "code", None) == etree.ErrorTypes.ERR_DOCUMENT_END
        raise XmlRefused(
            "extra_content" if extra else "malformed",
            "El archivo no es XML válido: está cortado, fue modificado o no es el archivo"
            f" correcto (línea {error.lineno}).",
        ) from error
    if _TOO_DEEP(root):
        raise XmlRefused("too_deep", "El archivo tiene demasiados niveles; no es un documento.")
    if "<?" in text and _INSTRUCTION_INSIDE(root):
        raise XmlRefused(
            "instruction", "El archivo trae instrucciones entre sus datos, que no se aceptan."
        )
    return root


def parse_xml(xml: bytes) -> etree._Element:
    """Decode and parse. Raises XmlRefused."""
    return parse_text(decode_xml(xml))


def local_name(element: etree._Element) -> str:
    """Return the tag without namespace; "" for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of that local name, whatever its namespace."""
    return next(_named(element, name), None)


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of that local name, in document order."""
    return list(_named(element, name))


def _named(element: etree._Element, name: str) -> Iterator[etree._Element]:
    # Reading asks this some four hundred times for one boleta; comments have no text for a tag.
    qualified = "}" + name
    for node in element:
        tag = node.tag
        if isinstance(tag, str) and (tag == name or tag.endswith(qualified)):
            yield node


def child_text(element: etree._Element, name: str) -> str:
    """Return the text of the first child of that name, "" when there is none."""
    found = child(element, name)
    return "" if found is None else (found.text or "")
