"""The sample prints (muestras impresas): which papers of a set the SII wants to look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dte.printable.legal import cedible_mark
from dte.xml.read import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePrint:
    """One paper to be made: give `xml` and `is_cedible` to `dte.printable.page.page_content`.

    `file_name` has no suffix and tells document, folio and copy.
    """

    xml: bytes = field(repr=False)
    file_name: str
    is_cedible: bool


def sample_prints(signed: Iterable[bytes]) -> tuple[SamplePrint, ...]:
    """Return the papers of the documents that were sent, in order: tax copy, then cedible.

    They are made from the stored XML that the SII received, never built anew. Raises XmlRefused
    and StampWrong.
    Source: Manual de muestras impresas v3.0, ejemplares tributario y cedible.
    """
    prints: list[SamplePrint] = []
    for xml in signed:
        document = read_document(xml)
        name = f"{document.kind:d}-{document.folio}"
        prints.append(SamplePrint(xml=xml, file_name=f"{name}-tributario", is_cedible=False))
        if cedible_mark(document):
            prints.append(SamplePrint(xml=xml, file_name=f"{name}-cedible", is_cedible=True))
    return tuple(prints)
