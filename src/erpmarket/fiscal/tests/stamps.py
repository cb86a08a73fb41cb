"""Stamps on paper, read as a scanner would."""

import zxingcpp
from PIL.Image import Image
from pypdfium2 import PdfPage

PDF417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)


def read_stamps(picture: Image) -> list[bytes]:
    """Read the TED of every stamp in a picture.

    Among the bars of a random signature the reader sometimes sees a second symbol, of no sense:
    only what begins as a TED counts.
    """
    return [
        code.bytes
        for code in zxingcpp.read_barcodes(picture, formats=PDF417)
        if code.bytes.startswith(b"<TED ")
    ]


def read_page_stamps(page: PdfPage, dpi: int = 300) -> list[bytes]:
    """Read the TED of every stamp on a page that is drawn at so many dots per inch."""
    return read_stamps(page.render(scale=dpi / 72).to_pil())
