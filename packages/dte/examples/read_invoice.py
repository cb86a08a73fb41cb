"""Read an invoice or an envelope that a supplier sent, and list its lines."""

import argparse
import sys
from pathlib import Path

from dte.errors import DteError
from dte.verdict import verify_document
from dte.xml.read_envelope import read_envelope


def main() -> int:
    """Run the example; 0 when every document could be read and has a signature that fits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="an EnvioDTE, an EnvioBOLETA or a lone DTE")
    options = parser.parse_args()
    try:
        envelope = read_envelope(options.file.read_bytes())
    except DteError as error:
        sys.exit(f"{error.code}: {error.message}")
    all_fit = True
    for part in envelope.parts:
        if part.document is None:
            all_fit = False
            sys.stdout.write(f"? {part.refusal}\n")
            continue
        document = part.document
        fits = verify_document(part.xml).signature_refusal is None
        all_fit = all_fit and fits
        title = f"{document.kind.title} {document.folio} of {document.issuer.name}"
        sys.stdout.write(f"{title}, {document.issue_date}, signature {'fits' if fits else 'NO'}\n")
        for line in document.lines:
            count = "" if line.quantity is None else f"{line.quantity} {line.unit}".strip()
            sys.stdout.write(f"  {line.name} | {count} | {line.amount_clp}\n")
        sys.stdout.write(f"  total {document.totals.total_clp}\n")
    return 0 if all_fit else 1


if __name__ == "__main__":
    sys.exit(main())
