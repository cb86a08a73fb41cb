"""Send signed boletas to a simulator of the SII and wait for its verdict."""

import argparse
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from dte.admission import sort_out
from dte.certificate import load_certificate
from dte.envelope import Cover, pack_boletas
from dte.errors import DteError
from dte.sii import BoletaChannel, HttpTransport, OutcomeUnknown, TokenSource, demo_hosts
from dte.xml.read import read_document


def main() -> int:
    """Run the example; 0 when all boletas were accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("boletas", type=Path, nargs="+", help="signed XML files of one company")
    parser.add_argument("--pfx", type=Path, required=True, help="the certificate")
    parser.add_argument("--password-file", type=Path, required=True, help="of the certificate")
    parser.add_argument("--simulator", default="http://127.0.0.1:8400", help="%(default)s")
    options = parser.parse_args()
    at = datetime.now(UTC)
    try:
        password = options.password_file.read_text().rstrip("\r\n")  # An editor ends its lines.
        certificate = load_certificate(options.pfx.read_bytes(), password)
        signed = [path.read_bytes() for path in options.boletas]
        issuer = read_document(signed[0]).issuer.rut
        admission = sort_out(signed, issuer=issuer)
        for unfit in admission.refused:
            sys.stderr.write(f"{options.boletas[unfit.place]}: {unfit.message}\n")
        cover = Cover(
            issuer=issuer,
            sender=certificate.rut,
            resolution_date=date(2014, 8, 22),  # Yours is on the SII's page of your company.
            resolution_number=0,
        )
        envelope = pack_boletas(admission.good, cover, certificate, at, check=True)
        hosts, transport = demo_hosts(options.simulator), HttpTransport()
        session = TokenSource(hosts=hosts, transport=transport, certificate=certificate)
        channel = BoletaChannel(hosts=hosts, transport=transport, session=session)
        try:
            receipt = channel.upload(envelope, sender=certificate.rut, issuer=issuer, at=at)
        except OutcomeUnknown:  # Never issue again: the same bytes bring the former track id.
            receipt = channel.upload(envelope, sender=certificate.rut, issuer=issuer, at=at)
        for _ in range(60):
            status = channel.envelope_status(issuer, receipt.track_id, at=datetime.now(UTC))
            if status.final:
                break
            time.sleep(1)
    except DteError as error:
        sys.exit(f"{error.code}: {error.message}")
    sys.stdout.write(f"track {receipt.track_id}: {status.state}, {status.state.meaning}\n")
    return 0 if sum(count.accepted for count in status.counts) == len(signed) else 1


if __name__ == "__main__":
    sys.exit(main())
