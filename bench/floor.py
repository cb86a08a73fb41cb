"""The floor: the same rows of a told sale written by plain SQL, prepared, through pgbench.

Same tables, policies, keys, locks and bytes as the product writes, five products at random; no
Python, no HTTP, no stamp. The document is joined to nothing (`|| ''`), or PostgreSQL would copy the
compressed value instead of compressing it, as it must for a new one.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.shop import BenchShop
from erpmarket.cli.binaries import find_binaries
from erpmarket.cli.postgres import PostgresServer

# More than pgbench could ever use up in a benchmark.
FOLIOS: Final = 300_000
# Its events have numbers that no till comes to: a sale told with one of them would be a conflict.
# And its devices stay where their tills left them, or each sale would look told before.
FIRST_SEQ: Final = 1_000_000_000
SCRIPT = """
\\set a {first_product} + random(0, {last})
\\set b {first_product} + random(0, {last})
\\set c {first_product} + random(0, {last})
\\set d {first_product} + random(0, {last})
\\set e {first_product} + random(0, {last})
\\set till :client_id % {tills}
\\set shift {first_shift} + :till
BEGIN;
SET LOCAL app.company_id = '{company}';
SELECT id, last_seq FROM pos_tilldevice
 WHERE company_id = {company} AND id = {first_device} + :till FOR UPDATE;
SELECT id, opening_clp FROM pos_shift WHERE company_id = {company} AND id = :shift FOR UPDATE;
SELECT id, code, name, unit, price_clp, is_exempt FROM catalog_product
 WHERE company_id = {company} AND id IN (:a, :b, :c, :d, :e);
WITH s AS (
  INSERT INTO pos_sale (company_id, uid, request_hash, shift_id, sold_at, total_clp,
                        rounding_clp, change_clp)
  VALUES ({company}, gen_random_uuid(), '\\x00', :shift, now(), 10000, 0, 0) RETURNING id),
 l AS (
  INSERT INTO pos_saleline (company_id, sale_id, position, product_id, quantity, price_clp,
                            discount_clp, amount_clp, is_exempt)
  SELECT {company}, s.id, n.position, n.product_id, 1, 2000, 0, 2000, false
    FROM s, (VALUES (1, :a::bigint), (2, :b), (3, :c), (4, :d), (5, :e)) n (position, product_id))
INSERT INTO pos_payment (company_id, sale_id, position, kind, amount_clp, handed_clp,
                         reference)
SELECT {company}, s.id, 1, 'cash', 10000, 10000, '' FROM s;
SELECT id, quantity, value FROM inventory_stock
 WHERE company_id = {company} AND warehouse_id = {warehouse}
   AND product_id IN (:a, :b, :c, :d, :e)
 ORDER BY product_id FOR UPDATE;
WITH u AS (
  UPDATE inventory_stock SET quantity = quantity - 1, value = value - 300
   WHERE company_id = {company} AND warehouse_id = {warehouse}
     AND product_id IN (:a, :b, :c, :d, :e)
  RETURNING product_id, quantity, value)
INSERT INTO inventory_stockmove (company_id, warehouse_id, product_id, kind, quantity, value,
                                 balance_quantity, balance_value, is_cost_pending, cause_uid,
                                 cause_position, happened_at)
SELECT {company}, {warehouse}, product_id, 'sale', -1, -300, quantity, value, false,
       gen_random_uuid(), 1, now() FROM u;
UPDATE pos_shift SET sale_count = sale_count + 1, total_clp = total_clp + 10000,
                     cash_clp = cash_clp + 10000
 WHERE company_id = {company} AND id = :shift;
SELECT nextval('bench_folio') AS folio \\gset
WITH d AS (
  INSERT INTO fiscal_issueddocument (company_id, kind, environment, folio, caf_id, branch_id,
                                     issue_date, issued_at, receiver_rut, net_clp, exempt_clp,
                                     vat_clp, total_clp, xml, source_uid)
  SELECT {company}, 39, 'demo', :folio, {caf}, {branch}, current_date, now(), '66666666-6',
         8403, 0, 1597, 10000, xml || '', gen_random_uuid()
    FROM bench_paper RETURNING id)
INSERT INTO fiscal_submission (company_id, document_id, state, created_at, available_at,
                               attempts, words)
SELECT {company}, d.id, 'pending', now(), now(), 0, '' FROM d;
INSERT INTO pos_deviceevent (company_id, device_id, seq, uid, kind, body_hash, happened_at, raw_at,
                             received_at, outcome, code, words)
VALUES ({company}, {first_device} + :till, {first_seq} + :folio, gen_random_uuid(), 'sale',
        '\\x00', now(), now(), now(), 'taken', '', '');
UPDATE pos_tilldevice SET last_seq = GREATEST(last_seq, 0), told_count = told_count + 1
 WHERE company_id = {company} AND id = {first_device} + :till;
END;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """pgbench with our script, against the database that the environment names."""

    environment: dict[str, str]
    script: Path

    def prepare(self, server: PostgresServer, shop: BenchShop, *, first_device: int) -> None:
        """Keep one real document's bytes for the script to insert, and write the script.

        The devices of the tills have numbers that follow each other, from `first_device`.
        """
        server.run_sql(
            "DROP TABLE IF EXISTS bench_paper;"
            " CREATE TABLE bench_paper AS SELECT xml FROM fiscal_issueddocument LIMIT 1;"
            " GRANT SELECT ON bench_paper TO erp_app;"
            # A block of its own, as each till has one: nobody waits for the range.
            " DROP SEQUENCE IF EXISTS bench_folio; CREATE SEQUENCE bench_folio;"
            " SELECT setval('bench_folio', next_folio) FROM fiscal_foliorange;"
            f" UPDATE fiscal_foliorange SET next_folio = next_folio + {FOLIOS};"
            " GRANT USAGE ON bench_folio TO erp_app;",
            database=self.environment["ERP_DATABASE_NAME"],
        )
        self.script.write_text(
            SCRIPT.format(
                company=shop.company_id,
                first_product=shop.products[0][0],
                last=len(shop.products) - 1,
                tills=len(shop.till_ids),
                first_shift=shop.shift_ids[0],
                first_device=first_device,
                first_seq=FIRST_SEQ,
                warehouse=shop.warehouse_id,
                branch=shop.branch_id,
                caf=shop.caf_id,
            )
        )

    def per_second(self, *, clients: int, seconds: int) -> float:
        """Return raw-SQL sales per second with some clients."""
        where = self.environment
        done = subprocess.run(
            [
                *(find_binaries() / "pgbench", "-n", "-M", "prepared", "-j", "1"),
                *("-c", str(clients), "-T", str(seconds), "-U", "erp_app"),
                *("-h", where["ERP_DATABASE_HOST"], "-p", where["ERP_DATABASE_PORT"]),
                *("-f", str(self.script), where["ERP_DATABASE_NAME"]),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        clean = "number of failed transactions: 0 " in done.stdout
        if done.returncode or found is None or not clean:
            raise SystemExit(f"pgbench failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return float(found[1])
