"""What the letter page of a boleta shows beyond its XML: till, cashier, how it was paid."""

from collections.abc import Iterator

from dte.printable.facts import Fact
from dte.printable.page import PageContent, page_content
from dte.printable.receipt import TENDER_LABELS, SaleFacts, Shop, payment_amounts
from dte.printable.words import MEANS_WORDS
from dte.xml.read import ReadDocument


def boleta_page(document: ReadDocument, *, shop: Shop, sale: SaleFacts | None) -> PageContent:
    """Compute the letter page of a boleta with what its sale knows.

    Raises PaperRefused when lines or tenders do not add up.
    """
    return page_content(
        document,
        shop=shop,
        facts=tuple(_facts(document, sale)),
        payments=payment_amounts(document, sale),
    )


def _facts(document: ReadDocument, sale: SaleFacts | None) -> Iterator[Fact]:
    if sale is not None:
        yield Fact(label="Caja", words=sale.till)
    yield Fact(label="Hora", words=f"{document.stamped_at:%H:%M}")
    if sale is not None:
        yield Fact(label="Atendido por", words=sale.cashier)
    yield Fact(label="Medio de pago", words=_means(document, sale))


def _means(document: ReadDocument, sale: SaleFacts | None) -> str:
    # Source: Formato Boletas Electrónicas v4.2, MedioPago: printed when the sale passes 135 UF.
    if document.payment_means is not None:
        return MEANS_WORDS[document.payment_means]
    tenders = () if sale is None else sale.tenders
    labels = dict.fromkeys(TENDER_LABELS[tender.kind] for tender in tenders)
    return " y ".join(labels).capitalize()
