"""The official schemas, asked before a customer leaves."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from lxml import etree

from dte.codes import DocumentType
from dte.errors import SchemaRefused, XmlRefused
from dte.schemas import BOLETA_SCHEMA, DOCUMENT_SCHEMA, FILE_SCHEMAS, schema_path
from dte.xml.canonical import DSIG_NAMESPACE, SII_NAMESPACE
from dte.xml.parse import decode_xml, local_name, parse_text, parse_xml

MAX_LINES = 20

_BOLETA_TYPES = frozenset(
    str(int(kind)) for kind in (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)
)
_ENVELOPES = frozenset({"EnvioBOLETA", "EnvioDTE"})
_TYPE = re.compile(r"<TipoDTE>\s*([0-9]+)\s*</TipoDTE>")
_START_WITHOUT_NAMESPACE = re.compile(r"<DTE\b(?![^>]*\bxmlns=)")
_END = re.compile(r"</DTE\s*>\s*\Z")

# The official boleta schema knows a document only inside its envelope; this names it alone.
_BOLETA_ALONE = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="{SII_NAMESPACE}" xmlns:s="{SII_NAMESPACE}" elementFormDefault="qualified">
  <xs:include schemaLocation="{BOLETA_SCHEMA}"/>
  <xs:element name="DTE" type="s:BOLETADefType"/>
</xs:schema>"""

# Stands in for a signature that is made later, by another process that holds the certificate.
_PLACEHOLDER = (
    f'<Signature xmlns="{DSIG_NAMESPACE}"><SignedInfo>'
    '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    f'<SignatureMethod Algorithm="{DSIG_NAMESPACE}rsa-sha1"/><Reference URI="#placeholder">'
    f'<DigestMethod Algorithm="{DSIG_NAMESPACE}sha1"/><DigestValue>AAAA</DigestValue></Reference>'
    "</SignedInfo><SignatureValue>AAAA</SignatureValue><KeyInfo><KeyValue><RSAKeyValue>"
    "<Modulus>AAAA</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue><X509Data>"
    "<X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo></Signature>"
)

# One schema object serves all threads, but its list of findings is shared.
_lock = Lock()


def check_document(xml: bytes) -> None:
    """Check a `<DTE>` against the official schema of its type.

    An unsigned one is checked with a placeholder signature, one without namespace as if it stood
    in its envelope. Raises SchemaRefused, SchemasMissing and XmlRefused.
    Source: EnvioBOLETA_v11.xsd (2025 generation), DTE_v10.xsd (2026-02-06).
    """
    text = _START_WITHOUT_NAMESPACE.sub(f'<DTE xmlns="{SII_NAMESPACE}"', decode_xml(xml), count=1)
    if "<Signature" not in text:
        text = _END.sub(f"{_PLACEHOLDER}</DTE>", text)
    root = parse_text(text)
    kind = _TYPE.search(text)
    if local_name(root) != "DTE" or kind is None:
        raise XmlRefused("not_a_document", "El archivo no es un documento tributario (DTE).")
    name = BOLETA_SCHEMA if kind[1] in _BOLETA_TYPES else DOCUMENT_SCHEMA
    _check(root, _load_schema(schema_path(name), alone=kind[1] in _BOLETA_TYPES))


def check_envelope(xml: bytes) -> None:
    """Check an EnvioBOLETA or EnvioDTE against its official schema.

    Raises SchemaRefused, SchemasMissing and XmlRefused.
    Source: EnvioBOLETA_v11.xsd (2025 generation), EnvioDTE_v10.xsd.
    """
    root = parse_xml(xml)
    if local_name(root) not in _ENVELOPES:
        raise XmlRefused("not_an_envelope", "El archivo no es un envío (EnvioDTE o EnvioBOLETA).")
    check_tree(root)


def check_file(xml: bytes) -> None:
    """Check any file that travels: a document, an envelope, an answer, receipts, a book.

    The root's name says which schema; a name that none has is refused ("unknown_file").
    Raises SchemaRefused, SchemasMissing and XmlRefused.
    Source: the schemas in `dte.schemas.FILE_SCHEMAS`.
    """
    root = parse_xml(xml)
    if local_name(root) == "DTE":
        check_document(xml)
    else:
        check_tree(root)


def check_tree(root: etree._Element) -> None:
    """Check a parsed file by the name of its root, see `check_file`; documents alone excepted.

    Raises SchemaRefused, SchemasMissing and XmlRefused.
    Source: the schemas in `dte.schemas.FILE_SCHEMAS`.
    """
    name = FILE_SCHEMAS.get(local_name(root))
    if name is None:
        raise XmlRefused(
            "unknown_file",
            "El archivo no es de los que se intercambian con el SII o entre contribuyentes."
            " Revisa cuál es.",
        )
    if local_name(root) == "LibroBoleta":
        root = _with_own_signature(root)
    _check(root, _load_schema(schema_path(name), alone=False))


def _with_own_signature(root: etree._Element) -> etree._Element:
    """Return a copy whose signature has the SII's namespace.

    The schema of this one book spells the elements of XML signatures out under the SII's
    namespace, where no signature could ever be verified.
    """
    text = str(etree.tostring(root, encoding="unicode"))
    return parse_text(text.replace(f'"{DSIG_NAMESPACE}"', f'"{SII_NAMESPACE}"'))


def _check(root: etree._Element, schema: etree.XMLSchema) -> None:
    with _lock:
        if schema.validate(root):
            return
        # The stubs do not know that an error log can be iterated.
        entries: Iterable[etree._LogEntry] = schema.error_log  # type: ignore[assignment]
        findings = tuple(
            f"línea {entry.line}: {entry.message.replace(f'{{{SII_NAMESPACE}}}', '')}"
            for entry in entries
        )
    raise SchemaRefused(findings[:MAX_LINES])


@lru_cache(maxsize=16)
def _load_schema(path: Path, *, alone: bool) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    if alone:
        folder = f"{path.parent.as_posix()}/"
        return etree.XMLSchema(etree.fromstring(_BOLETA_ALONE, parser, base_url=folder))
    return etree.XMLSchema(etree.parse(str(path), parser))
