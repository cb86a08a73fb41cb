"""A sale's paper, the product's whole way: till, agent, printer, and the PDF in the office."""

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from PIL import Image

from dte.caf import SiiKey
from dte.ted import Stamp, ted_from_document, verify_ted
from erpmarket.catalog.kinds import Unit
from erpmarket.common.clock import now
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.tests.stamps import read_page_stamps, read_stamps
from erpmarket.pos.tests.device_desk import enrol_at, told_sale
from erpmarket.pos.tests.factories import (
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import SignedRequest, sold_line
from erpmarket.tenancy.scope import company_scope
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.journal import JournalCopy
from till_agent.printers.network import NetworkPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.server import Door, agent_server
from till_agent.virtual_printer import MODELS, VirtualPrinter

ORIGIN = "https://caja.example"
TOKEN = "un-token-de-prueba-de-largo-suficiente-0"

Sell = Callable[[], dict[str, Any]]


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


def shelf(selling: SellingShop) -> list[dict[str, Any]]:
    """Put two products on the shelf, and give what a till writes down of selling them."""
    with company_scope(selling.shop.company_id):
        cheese = make_product(
            selling.category,
            "Q1",
            name="Queso gauda laminado «Ñuble», corte delgado de vitrina",
            price_clp=8990,
            unit=Unit.KILO,
        )
        stamp = make_product(
            selling.category, "E1", name="Estampilla nacional", price_clp=650, is_exempt=True
        )
        for product in (cheese, stamp):
            make_stock(selling.shop.warehouse_id, product)
    return [
        sold_line(cheese, "1") | {"quantity": "1.102", "amount_clp": 9907},
        sold_line(stamp),
    ]


def journal(selling: SellingShop) -> SignedRequest:
    """Write the signed request with which a till tells a sale whose boleta is made here."""
    device, at = enrol_at(selling, at=now()), now()
    paid = [{"kind": "cash", "amount_clp": 20_000}]
    event = told_sale(device, selling, *shelf(selling), at=at, payments=paid)
    return device.sign("diario", {"events": [event]}, at=at)


@pytest.fixture
def sell(selling: SellingShop) -> Sell:
    """Sell through the till's own door; the answer holds the receipt."""

    def sold() -> dict[str, Any]:
        told = journal(selling)
        answer = Client().post(
            told.path, data=told.body, content_type="application/json", headers=told.headers
        )
        (result,) = answer.json()["results"]
        assert result["state"] == "taken", result
        answered: dict[str, Any] = result["answer"]
        return answered

    return sold


@contextmanager
def agent_with_printer(model: str, folder: Path) -> Iterator[tuple[int, VirtualPrinter]]:
    """Start the agent on a port of its own, wired by TCP to a virtual printer."""
    with VirtualPrinter(model=MODELS[model], folder=folder / "rolls") as printer:
        queue = JobQueue(folder / "cola.sqlite3")
        profile = PROFILES[model]
        worker = PrintWorker(queue, NetworkPrinter("127.0.0.1", printer.port), profile)
        door = Door(origins=frozenset({ORIGIN}), token=TOKEN)
        server = agent_server(
            port=0,
            door=door,
            queue=queue,
            worker=worker,
            profile=profile,
            journal=JournalCopy(folder / "diario"),
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        worker.start()
        thread.start()
        try:
            yield server.server_port, printer
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            worker.stop()
            queue.close()


def order_print(port: int, job: dict[str, Any]) -> dict[str, Any]:
    headers = {
        "Origin": ORIGIN,
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as wire:
        wire.request("POST", "/jobs", body=json.dumps(job), headers=headers)
        reply: dict[str, Any] = json.loads(wire.getresponse().read())
        return reply


def stored(selling: SellingShop) -> IssuedDocument:
    with company_scope(selling.shop.company_id):
        document: IssuedDocument = IssuedDocument.objects.get()
        return document


def verified(ted: bytes, caf_office: Any) -> Stamp:
    """Check a stamp with the key of its CAF, and the CAF with the authority's."""
    key = caf_office.authority_key
    demo = SiiKey(modulus=key.modulus, exponent=key.exponent, environment="demo")
    return verify_ted(ted, trusted={key.key_id: demo})


@pytest.mark.parametrize("model", ["80", "58"])
def test_printed_stamp_is_the_stored_one(
    model: str, selling: SellingShop, sell: Sell, caf_office: Any, tmp_path: Path
) -> None:
    receipt = sell()["receipt"]
    job = {"id": "venta-0001", "paper": int(model), "blocks": receipt, "drawer": True}

    with agent_with_printer(model, tmp_path) as (port, printer):
        reply = order_print(port, job)
        printer.wait_for_rolls(1)

    assert reply["state"] == "printed"
    (picture,) = (tmp_path / "rolls").glob("*.png")
    stamps = read_stamps(Image.open(picture).convert("L"))
    row = stored(selling)
    assert stamps == [ted_from_document(bytes(row.xml))]
    read = verified(stamps[0], caf_office)
    assert (read.facts.folio, read.facts.total_clp) == (row.folio, row.total_clp)
    words = "\n".join(json.loads(picture.with_suffix(".json").read_text("utf-8"))["lines"])
    assert "DEMOSTRACIÓN" in words
    assert "?" not in words
    assert "66666666" not in words


@pytest.mark.parametrize("query", ["", "?papel=carta"])
def test_pdf_of_a_sale_has_the_stored_stamp_and_tells_how_it_was_paid(
    query: str, selling: SellingShop, sell: Sell, caf_office: Any, paper_worker: None
) -> None:
    sell()
    row = stored(selling)

    client, address = (
        selling.shop.client(selling.shop.owner),
        f"/sii/documentos/{row.id}/pdf/{query}",
    )
    client.get(address)
    assert draw_papers() == 1
    answer = client.get(address)

    page = pypdfium2.PdfDocument(answer.content, autoclose=True)[0]
    stamps = read_page_stamps(page)
    assert stamps == [ted_from_document(bytes(row.xml))]
    assert verified(stamps[0], caf_office).facts.folio == row.folio
    words = page.get_textpage().get_text_range().replace("\u00a0", "").replace("$ ", "$")
    # 10,557 is rounded up to 10,560 in cash; the total of the document stays.
    for each in ("TOTAL $10.557", "+$3", "$10.560", "Efectivo $20.000", "Vuelto $9.440"):
        assert each in words
    assert "Carla M." in words


CHILD = """
import json, os, sys
import django
django.setup()
from django.test import Client
import erpmarket.pos.device_views
answer = Client(SERVER_NAME="localhost").post(
    os.environ["ADDRESS"],
    data=os.environ["BODY"],
    content_type="application/json",
    headers=json.loads(os.environ["HEADERS"]),
)
outcome = {"state": answer.json()["results"][0]["state"], "loaded": sorted({name.split(".")[0] for name in sys.modules})}
sys.stdout.write(json.dumps(outcome))
"""


def test_selling_never_loads_weasyprint(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]], caf_office: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        selling = make_selling_shop(shop, caf_office)
    told = journal(selling)
    environment = {
        **os.environ,
        "ADDRESS": told.path,
        "BODY": told.body.decode(),
        "HEADERS": json.dumps(told.headers),
    }

    child = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, check=False, timeout=60
    )

    assert child.returncode == 0, child.stderr.decode()
    outcome = json.loads(child.stdout)
    assert outcome["state"] == "taken"
    assert "erpmarket" in outcome["loaded"]
    assert not {"weasyprint", "pydyf", "fontTools"} & set(outcome["loaded"])
    assert stored(selling).total_clp == 10_557
