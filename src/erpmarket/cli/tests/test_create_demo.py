"""The command as `make run` calls it, on databases of its own, judged by plain SQL."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from erpmarket.cli.demo.people import demo_companies
from erpmarket.common.clock import local_date, now
from sii_simulator.app import Simulator
from sii_simulator.settings import Settings

pytestmark = pytest.mark.timeout(300)

DAYS = 2
PRODUCTS = 60
COMPANY_COUNT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeDemo:
    """A demo in a database of its own, with the simulator it was made with."""

    database: str
    folder: Path
    simulator: Simulator
    today: date

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "erpmarket.config.settings",
            "ERP_DATABASE_NAME": self.database,
            "ERP_DATA_DIR": str(self.folder),
            "ERP_SII_DEMO_URL": self.simulator.url,
            "ERP_BASE_URL": "http://127.0.0.1:8765",
            "ERP_AGENT_URL": "http://127.0.0.1:8020",
            "ERP_AGENT_TOKEN_FILE": str(self.folder / "agent_token"),
        }

    def start(self, *options: str, **more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "django", "create_demo", *options],
            env=self.environment() | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *options: str, **more: str) -> str:
        return finish(self.start(*options, **more))

    def options(self, *, days: int, today: date) -> tuple[str, ...]:
        return (f"--days={days}", f"--today={today}", f"--products={PRODUCTS}", "--seed=prueba")

    def ask(self, sql: str, *, role: str = "erp_sys", company_id: int | None = None) -> list[Any]:
        with psycopg.connect(
            host=os.environ["ERP_DATABASE_HOST"],
            port=os.environ["ERP_DATABASE_PORT"],
            dbname=self.database,
            user=role,
        ) as connection:
            if company_id is not None:
                connection.execute(f"SET LOCAL app.company_id = '{company_id}'")
            return connection.execute(sql).fetchall()

    def company_id(self, key: str) -> int:
        rut = next(company.rut for company in demo_companies() if company.key == key)
        return int(self.ask(f"SELECT id FROM tenancy_company WHERE rut = '{rut}'")[0][0])


def finish(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def demos(
    template_database: str, postgres: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[MadeDemo, MadeDemo]]:
    """One demo made in one go, and one whose creation stopped before its last day and went on."""
    today = local_date(now())
    made = []
    for name in ("demo_whole", "demo_cut"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "agent_token").write_text("la-llave-del-agente\n")
        database = f"{name}_{os.urandom(4).hex()}"
        postgres.run_sql(
            f'CREATE DATABASE "{database}" TEMPLATE {template_database} OWNER erp_owner'
        )
        simulator = Simulator(folder / "sii", settings=Settings(stage_ms=0)).start()
        made.append(MadeDemo(database=database, folder=folder, simulator=simulator, today=today))
    whole, cut = made
    going = whole.start(*whole.options(days=DAYS, today=today))
    cut.run(*cut.options(days=DAYS - 1, today=today - timedelta(days=1)))
    (cut.folder / "demo.json").unlink()
    cut.run(*cut.options(days=DAYS, today=today))
    finish(going)
    yield whole, cut
    for each in made:
        each.simulator.stop()
        postgres.run_sql(f'DROP DATABASE "{each.database}" WITH (FORCE)')


@pytest.fixture(scope="module")
def demo(demos: tuple[MadeDemo, MadeDemo]) -> MadeDemo:
    return demos[0]


def test_both_shops_have_people_places_products_and_papers(demo: MadeDemo) -> None:
    counts = {
        table: [row[0] for row in demo.ask(f"SELECT count(*) FROM {table} GROUP BY company_id")]
        for table in (
            "tenancy_membership",
            "accounts_pin",
            "inventory_warehouse",
            "pos_till",
            "purchasing_supplier",
            "fiscal_caf",
            "fiscal_certificate",
        )
    }

    assert counts == {
        "tenancy_membership": [3, 3],
        "accounts_pin": [3, 3],
        "inventory_warehouse": [2, 2],
        "pos_till": [2, 2],
        "purchasing_supplier": [2, 2],
        "fiscal_caf": [7, 7],
        "fiscal_certificate": [1, 1],
    }
    assert demo.ask("SELECT count(*) FROM catalog_product") == [(PRODUCTS + 40,)]
    assert demo.ask("SELECT count(*) FROM customers_customer") == [(4,)]


def test_every_day_was_lived_on_both_tills_and_today_waits_for_a_person(demo: MadeDemo) -> None:
    shifts = demo.ask(
        "SELECT DISTINCT (opened_at AT TIME ZONE 'America/Santiago')::date FROM pos_shift"
        " WHERE closed_at IS NOT NULL ORDER BY 1"
    )
    per_shop = demo.ask("SELECT count(*) FROM pos_shift GROUP BY company_id ORDER BY company_id")

    assert [row[0] for row in shifts] == [
        demo.today - timedelta(days=back) for back in range(DAYS, 0, -1)
    ]
    assert sorted(row[0] for row in per_shop) == [DAYS, 2 * DAYS]
    assert demo.ask("SELECT count(*) FROM pos_shift WHERE closed_at IS NULL") == [(0,)]


def test_sales_fall_into_opening_hours_and_are_as_many_as_a_shop_has(demo: MadeDemo) -> None:
    hours = "(sold_at AT TIME ZONE 'America/Santiago')::time"
    outside = demo.ask(
        f"SELECT count(*) FROM pos_sale WHERE {hours} NOT BETWEEN '08:30' AND '21:30'"
    )
    rosa, vecino = (
        demo.ask(f"SELECT count(*) FROM pos_sale WHERE company_id = {demo.company_id(key)}")[0][0]
        for key in ("dona_rosa", "el_vecino")
    )

    assert outside == [(0,)]
    assert 50 * DAYS <= rosa <= 95 * DAYS
    assert 6 * DAYS <= vecino <= 15 * DAYS


def test_on_hand_is_the_sum_of_moves(demo: MadeDemo) -> None:
    wrong = demo.ask(
        "SELECT * FROM inventory_stock s LEFT JOIN"
        " (SELECT warehouse_id, product_id, sum(quantity) q, sum(value) v FROM inventory_stockmove"
        "   GROUP BY 1, 2) m USING (warehouse_id, product_id)"
        " WHERE s.quantity <> coalesce(m.q, 0) OR s.value <> coalesce(m.v, 0)"
        "    OR (s.quantity = 0 AND s.value <> 0)"
    )

    assert wrong == []
    assert demo.ask("SELECT count(*) > 100 FROM inventory_stock") == [(True,)]


def test_cost_of_what_was_sold_and_what_is_there_make_up_all_receipts(demo: MadeDemo) -> None:
    rows = demo.ask(
        "SELECT c.id,"
        " (SELECT sum(value) FROM purchasing_receiptline WHERE company_id = c.id),"
        " (SELECT sum(value) FROM inventory_stock WHERE company_id = c.id),"
        " (SELECT -sum(value) FROM inventory_stockmove"
        "   WHERE company_id = c.id AND kind <> 'receipt')"
        " FROM tenancy_company c"
    )

    assert len(rows) == COMPANY_COUNT
    for _, received, on_hand, sold in rows:
        assert received == on_hand + sold
        assert sold > 0


def test_every_delivery_is_owed_with_its_taxes_until_its_day(demo: MadeDemo) -> None:
    papers = demo.ask(
        "SELECT count(*), count(p.id), min(p.due_on - r.issued_on), max(p.due_on - r.issued_on),"
        " bool_and(p.amount_clp = r.total_clp AND r.total_clp > r.net_clp)"
        " FROM purchasing_receipt r LEFT JOIN purchasing_payableentry p ON p.receipt_id = r.id"
    )

    [(receipts, owed, least, most, adds_up)] = papers
    assert receipts == owed > 0
    assert (least, most, adds_up) == (7, 15, True)


def test_back_room_fills_the_floor_and_nothing_stays_under_way(
    demo: MadeDemo,
) -> None:
    assert demo.ask("SELECT count(*) > 0 FROM inventory_transfer WHERE state = 'received'") == [
        (True,)
    ]
    assert demo.ask("SELECT count(*) FROM inventory_transfer WHERE state <> 'received'") == [(0,)]


def test_every_sale_is_its_lines_and_its_payments(demo: MadeDemo) -> None:
    wrong = demo.ask(
        "SELECT s.id FROM pos_sale s"
        " JOIN (SELECT sale_id, sum(amount_clp) a, sum(discount_clp) d FROM pos_saleline"
        "   GROUP BY 1) l ON l.sale_id = s.id"
        " JOIN (SELECT sale_id, sum(amount_clp) a, sum(handed_clp - amount_clp) change"
        "   FROM pos_payment GROUP BY 1) p ON p.sale_id = s.id"
        " WHERE s.total_clp <> l.a OR s.total_clp <> p.a - s.rounding_clp"
        "    OR s.change_clp <> p.change"
    )
    kinds = demo.ask("SELECT DISTINCT kind FROM pos_payment ORDER BY 1")

    assert wrong == []
    assert kinds == [("card",), ("cash",)]


def test_every_sale_has_one_paper_and_folios_have_no_holes(demo: MadeDemo) -> None:
    unlike = demo.ask(
        "SELECT s.id FROM pos_sale s FULL JOIN fiscal_issueddocument d"
        " ON d.source_uid = s.uid AND d.company_id = s.company_id"
        " WHERE d.id IS NULL OR s.id IS NULL OR d.total_clp <> s.total_clp"
        "    OR d.issued_at <> s.sold_at"
    )
    ranges = demo.ask(
        "SELECT r.kind, count(d.id), min(d.folio), max(d.folio) + 1, r.next_folio, r.last_folio"
        " FROM fiscal_foliorange r JOIN fiscal_issueddocument d"
        " ON d.company_id = r.company_id AND d.kind = r.kind GROUP BY r.id"
    )

    assert unlike == []
    assert len(ranges) >= COMPANY_COUNT
    for kind, count, first, after_last, next_folio, last in ranges:
        assert (first, after_last) == (1, count + 1)
        assert next_folio == after_last
        assert kind != 39 or last - next_folio > 2_000


def test_every_shift_adds_up_and_records_its_difference(demo: MadeDemo) -> None:
    wrong = demo.ask(
        "SELECT h.id FROM pos_shift h"
        " LEFT JOIN (SELECT shift_id, count(*) n, sum(total_clp) t, sum(rounding_clp) r"
        "   FROM pos_sale GROUP BY 1) s ON s.shift_id = h.id"
        " LEFT JOIN (SELECT s.shift_id, sum(p.amount_clp) c FROM pos_payment p"
        "   JOIN pos_sale s ON s.id = p.sale_id WHERE p.kind = 'cash' GROUP BY 1) p"
        "   ON p.shift_id = h.id"
        " WHERE h.sale_count <> coalesce(s.n, 0) OR h.total_clp <> coalesce(s.t, 0)"
        "    OR h.rounding_clp <> coalesce(s.r, 0) OR h.cash_clp <> coalesce(p.c, 0)"
        "    OR h.difference_clp <> h.counted_clp - (h.opening_clp + h.cash_clp)"
    )

    assert wrong == []


def test_neighbour_sees_nothing_and_nobody_sees_anything_unbound(demo: MadeDemo) -> None:
    rosa, vecino = demo.company_id("dona_rosa"), demo.company_id("el_vecino")
    for table in ("pos_sale", "catalog_product", "inventory_stockmove", "fiscal_issueddocument"):
        seen = demo.ask(
            f"SELECT DISTINCT company_id FROM {table}", role="erp_app", company_id=vecino
        )
        assert seen == [(vecino,)]
        assert rosa != vecino

    with pytest.raises(psycopg.Error, match=r"app\.company_id"):
        demo.ask("SELECT count(*) FROM pos_sale", role="erp_app")


def test_sii_takes_the_history_but_for_the_scripted_answers(demo: MadeDemo) -> None:
    registry = demo.simulator.registry
    deadline = time.monotonic() + 60
    while not all(each.state == "EPR" for each in registry.list_latest(limit=100)):
        assert time.monotonic() < deadline, registry.list_latest(limit=100)
        time.sleep(0.1)

    states: dict[str, int] = {}
    for envelope in registry.list_latest(limit=100):
        for document in registry.documents_of(envelope.id):
            states[document.state] = states.get(document.state, 0) + 1
    (papers,) = demo.ask("SELECT count(*) FROM fiscal_issueddocument")[0]
    assert states == {"DOK": papers - 3, "RPR": 2, "RCH": 1}
    assert demo.simulator.faults.pending() == ()


def test_same_seed_gives_the_same_shops_also_when_the_creation_was_cut(
    demos: tuple[MadeDemo, MadeDemo],
) -> None:
    questions = (
        (
            "SELECT s.uid, s.sold_at, s.total_clp, s.change_clp, l.position, p.code, l.quantity"
            " FROM pos_sale s JOIN pos_saleline l ON l.sale_id = s.id"
            " JOIN catalog_product p ON p.id = l.product_id ORDER BY s.uid, l.position"
        ),
        (
            "SELECT c.rut, p.code, w.name, s.quantity, s.value FROM inventory_stock s"
            " JOIN tenancy_company c ON c.id = s.company_id"
            " JOIN catalog_product p ON p.id = s.product_id"
            " JOIN inventory_warehouse w ON w.id = s.warehouse_id ORDER BY 1, 2, 3"
        ),
        (
            "SELECT c.rut, d.kind, d.folio, d.source_uid, d.net_clp FROM fiscal_issueddocument d"
            " JOIN tenancy_company c ON c.id = d.company_id ORDER BY 1, 2, 3"
        ),
        (
            "SELECT c.rut, t.name, h.opened_at, h.counted_clp, h.difference_clp FROM pos_shift h"
            " JOIN tenancy_company c ON c.id = h.company_id JOIN pos_till t ON t.id = h.till_id"
            " ORDER BY 1, 3, 2"
        ),
    )
    whole, cut = demos

    for question in questions:
        assert whole.ask(question) == cut.ask(question) != []


def test_second_call_does_nothing(demo: MadeDemo) -> None:
    count = "SELECT (SELECT count(*) FROM pos_sale), (SELECT count(*) FROM tenancy_company)"
    before = demo.ask(count)

    said = demo.run(*demo.options(days=DAYS, today=demo.today))

    assert "La demostración ya está" in said
    assert demo.ask(count) == before
    assert before[0][1] == COMPANY_COUNT


def test_handout_tells_its_owner_who_signs_in_and_what_to_scan(demo: MadeDemo) -> None:
    handout = demo.folder / "demo.json"
    told = json.loads(handout.read_text())

    assert handout.stat().st_mode & 0o777 == 0o600
    assert told["base_url"] == "http://127.0.0.1:8765"
    rosa = told["shops"][0]
    assert rosa["people"][0] == {
        "name": "Rosa",
        "role": "owner",
        "mail": "rosa@donarosa.example",
        "password": "rosa-abre-a-las-ocho",
        "pin": "4821",
    }
    assert len({hint["barcode"] for hint in rosa["products_to_scan"]}) == 5


def test_tills_learn_where_the_agent_moved_unless_somebody_moved_them(demo: MadeDemo) -> None:
    till_id = demo.ask("SELECT max(id) FROM pos_till")[0][0]
    agents = "SELECT agent_url, agent_token FROM pos_till ORDER BY id"
    assert demo.ask(agents) == [("http://127.0.0.1:8020", "la-llave-del-agente")] * 4
    demo.ask(
        f"UPDATE pos_till SET agent_url = 'http://10.0.0.7:8020' WHERE id = {till_id} RETURNING id"
    )

    demo.run("--refresh-agent", ERP_AGENT_URL="http://127.0.0.1:9020")

    moved, kept = "http://127.0.0.1:9020", "http://10.0.0.7:8020"
    assert [row[0] for row in demo.ask(agents)] == [moved, moved, moved, kept]


def test_without_a_simulator_nothing_is_made_and_the_words_say_why(
    fresh_database: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "erpmarket.config.settings",
        "ERP_DATABASE_NAME": fresh_database,
        "ERP_DATA_DIR": str(tmp_path),
    }
    for url, words in (("", "Falta ERP_SII_DEMO_URL"), ("http://127.0.0.1:9", "no contesta")):
        tried = subprocess.run(
            [sys.executable, "-m", "django", "create_demo"],
            env=environment | {"ERP_SII_DEMO_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

        assert tried.returncode == 1
        assert words in tried.stderr
        assert not (tmp_path / "demo.json").exists()
