"""Write documents as the SII reads them: ISO-8859-1, one tag per line, nothing empty.

The upload gateway cuts lines at about 4,090 characters, hence one element per line.
"""

from datetime import datetime

from dte.text import escape
from dte.xml.canonical import SII_NAMESPACE

ENCODING = "iso-8859-1"
DECLARATION = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
DTE_START = f'<DTE xmlns="{SII_NAMESPACE}" version="1.0">\n'


def leaf(tag: str, text: str) -> str:
    """Return one escaped element on its line, or nothing for an empty text."""
    return f"<{tag}>{escape(text)}</{tag}>\n" if text else ""


def amount(tag: str, amount_clp: int) -> str:
    """Return an amount on its line, or nothing for zero (older validators refuse zeros)."""
    return f"<{tag}>{amount_clp}</{tag}>\n" if amount_clp else ""


def write_document(*, document_id: str, body: str, ted: bytes, stamped_at: datetime) -> bytes:
    """Return the unsigned `<DTE>`; `body` is everything before the stamp.

    `stamped_at` is Chilean local time, naive. The stamp stays flat, on one line of under 1,000
    characters, so that the bytes of the bar code are in the file as they are.
    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Documento.
    """
    head = f'{DTE_START}<Documento ID="{document_id}">\n{body}'.encode(ENCODING)
    tail = f"\n<TmstFirma>{stamped_at.isoformat()}</TmstFirma>\n</Documento>\n</DTE>"
    return head + ted + tail.encode(ENCODING)
