"""Whole files with one signature over their one element: envelopes, answers, receipts, books.

The text that is signed is the text that is sent: it is parsed to be canonicalised and checked,
but never written back from the tree.
"""

from dataclasses import dataclass, field

from lxml import etree

from dte.certificate import Certificate
from dte.schemas import FILE_SCHEMAS
from dte.signer import XSI_IN_SCOPE, sign_canonical
from dte.xml.canonical import SII_NAMESPACE, canonical_child
from dte.xml.parse import parse_text
from dte.xml.validate import check_tree
from dte.xml.write import DECLARATION, ENCODING


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedFile:
    """A file before its signature; `text` lacks the root's end tag, `root` is its tree."""

    name: str
    text: str = field(repr=False)
    root: etree._Element = field(repr=False)

    @property
    def content(self) -> etree._Element:
        """The one element below the root, the one to be signed."""
        return self.root[0]


def open_file(name: str, content: str) -> UnsignedFile:
    """Begin a file of that root name (see FILE_SCHEMAS) around one element with an ID.

    Raises XmlRefused when the content is no well-formed XML.
    Source: EnvioDTE_v10.xsd and the other schemas of FILE_SCHEMAS.
    """
    text = (
        f'<{name} xmlns="{SII_NAMESPACE}"{XSI_IN_SCOPE}'
        f' xsi:schemaLocation="{SII_NAMESPACE} {FILE_SCHEMAS[name]}" version="1.0">\n{content}\n'
    )
    return UnsignedFile(name=name, text=text, root=parse_text(f"{text}</{name}>"))


def seal_file(unsigned: UnsignedFile, certificate: Certificate, *, check: bool = False) -> bytes:
    """Return the signed file (ISO-8859-1, with XML declaration): send these very bytes.

    `check` asks the official schema as well, without parsing again: raises SchemaRefused and
    SchemasMissing.
    Source: xmldsignature_v10.xsd.
    """
    signature = sign_canonical(
        canonical_child(unsigned.root),
        certificate,
        uri=f"#{unsigned.content.get('ID', '')}",
        in_scope=XSI_IN_SCOPE,
    )
    if check:
        unsigned.root.append(etree.fromstring(signature))
        check_tree(unsigned.root)
    return f"{DECLARATION}{unsigned.text}{signature}</{unsigned.name}>".encode(ENCODING)
