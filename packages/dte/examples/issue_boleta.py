"""Issue a boleta: sale, folios and certificate in; signed and verified XML out."""

import argparse
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from dte.build import build
from dte.caf import load_caf
from dte.certificate import load_certificate
from dte.clock import chile_date
from dte.codes import DocumentType
from dte.document import CONSUMER, Draft, Issuer, Line
from dte.errors import DteError
from dte.rut import Rut
from dte.signer import sign_document
from dte.verdict import verify_document


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sale", type=Path, help="JSON: rut, name, giro, lines [name, qty, price]")
    parser.add_argument("--caf", type=Path, required=True, help="the folios, as the SII gave them")
    parser.add_argument("--folio", type=int, required=True, help="one that was never used")
    parser.add_argument("--pfx", type=Path, required=True, help="the certificate")
    parser.add_argument("--password-file", type=Path, required=True, help="of the certificate")
    parser.add_argument("--out", type=Path, required=True, help="where the signed XML goes")
    options = parser.parse_args()
    at, sale = datetime.now(UTC), json.loads(options.sale.read_text("utf-8"))
    lines = tuple(
        Line(name=name, quantity=Decimal(quantity), unit_price=Decimal(price))
        for name, quantity, price in sale["lines"]
    )
    draft = Draft(
        kind=DocumentType.BOLETA,
        issuer=Issuer(rut=Rut.parse(sale["rut"]), name=sale["name"], giro=sale["giro"]),
        receiver=CONSUMER,
        lines=lines,
        issue_date=chile_date(at),
    )
    try:
        password = options.password_file.read_text().rstrip("\r\n")  # An editor ends its lines.
        certificate = load_certificate(options.pfx.read_bytes(), password)
        caf = load_caf(options.caf.read_bytes())
        boleta = build(draft=draft, folio=options.folio, caf=caf, at=at)
        signed = sign_document(boleta.xml, certificate)
    except DteError as error:
        sys.exit(f"{error.code}: {error.message}")
    found = verify_document(signed)  # Whose folios they are is for the one who loads them.
    if refusal := found.schema_refusal or found.signature_refusal or found.stamp_refusal:
        sys.exit(f"{refusal.code}: {refusal.message}")
    options.out.write_bytes(signed)
    sys.stdout.write(f"folio {boleta.folio}, total {boleta.totals.total_clp}, {options.out}\n")


if __name__ == "__main__":
    main()
