"""Answer a supplier's envelope: what became of it (RespuestaDTE), and its goods (EnvioRecibos)."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from dte import exchange
from dte.caf import SII_KEYS, SiiKey
from dte.certificate import load_certificate
from dte.errors import DteError
from dte.rut import Rut


def main() -> int:
    """Run the example; 0 when the answer was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("envelope", type=Path, help="the EnvioDTE that arrived")
    parser.add_argument("--rut", type=Rut.parse, required=True, help="our company")
    parser.add_argument("--pfx", type=Path, required=True, help="the certificate")
    parser.add_argument("--password-file", type=Path, required=True, help="of the certificate")
    parser.add_argument("--place", default="Bodega", help="where the goods came in")
    parser.add_argument("--trust", metavar="IDK:MODULUS_HEX", help="also folios of a simulator")
    parser.add_argument("--out", type=Path, default=Path(), help="the folder of the answers")
    options = parser.parse_args()
    at, trusted = datetime.now(UTC), dict(SII_KEYS)
    if options.trust:
        key_id, _, modulus = options.trust.partition(":")
        trusted[int(key_id)] = SiiKey(modulus=int(modulus, 16), exponent=65537, environment="demo")
    xml, file_name = options.envelope.read_bytes(), options.envelope.name
    arrival = exchange.Arrival(xml=xml, file_name=file_name, received_at=at, code=1)
    try:
        password = options.password_file.read_text().rstrip("\r\n")  # An editor ends its lines.
        certificate = load_certificate(options.pfx.read_bytes(), password)
        judged = exchange.judge_envelope(arrival, receiver=options.rut, trusted=trusted)
        sys.stdout.write(f"envelope: {judged.note}\n")
        for one in judged.documents:
            sys.stdout.write(f"  folio {one.document.folio}: {one.note}\n")
        if judged.issuer is None:
            sys.exit("nobody to answer to")
        parties = exchange.Parties(responder=options.rut, recipient=judged.issuer)
        answer = exchange.Answer(parties=parties, answer_id=1, envelopes=(judged,))
        signed = exchange.write_answer(answer, certificate, at, check=True)
        (options.out / "respuesta.xml").write_bytes(signed)
        taken = [
            d.document for d in judged.documents if d.state is exchange.DocumentReception.RECEIVED
        ]
        receipts = [exchange.Receipt(document=document, place=options.place) for document in taken]
        if receipts:
            goods = exchange.write_receipts(receipts, parties, certificate, at, check=True)
            (options.out / "recibos.xml").write_bytes(goods)
    except DteError as error:
        sys.exit(f"{error.code}: {error.message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
