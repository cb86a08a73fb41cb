import re
from typing import Any

import pytest
from PIL import Image, ImageDraw

from dte.ted import ted_from_document
from erpmarket.fiscal.facsimile import StampDrawing, draw_facsimile
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.fiscal.tests.stamps import read_stamps
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

PIXELS = 4
_RECTANGLE = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z")


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        return make_document(dona_rosa, price_clp=8990, quantity="0.455", unit="kg")


def scan(stamp: StampDrawing) -> bytes:
    """Paint the path as a browser would, and read it as a scanner would."""
    margin = 4
    size = ((stamp.width + 2 * margin) * PIXELS, (stamp.height + 2 * margin) * PIXELS)
    picture = Image.new("L", size, 255)
    brush = ImageDraw.Draw(picture)
    for found in _RECTANGLE.finditer(stamp.path):
        x, y, width, height = (int(number) for number in found.groups())
        left, top = (x + margin) * PIXELS, (y + margin) * PIXELS
        brush.rectangle((left, top, left + width * PIXELS - 1, top + height * PIXELS - 1), fill=0)
    [ted] = read_stamps(picture)
    return ted


def test_stamp_on_the_page_reads_as_the_documents_own(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        facsimile = draw_facsimile(paper, get_company())

    assert facsimile is not None
    assert scan(facsimile.stamp) == ted_from_document(bytes(paper.xml))


def test_page_shows_the_paper_as_it_was_printed(dona_rosa: Any, paper: IssuedDocument) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    printed = text.split('class="paper"')[1]
    for words in ("R.U.T.: 76.123.456-0", f"N° {paper.folio}", "$4.090", "Timbre electrónico"):
        assert words in printed


def test_paper_that_cannot_be_printed_is_left_out(dona_rosa: Any, paper: IssuedDocument) -> None:
    paper.xml = b"<DTE/>"

    with company_scope(dona_rosa.company_id):
        assert draw_facsimile(paper, get_company()) is None
