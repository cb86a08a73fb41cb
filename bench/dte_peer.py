"""Run in the peer's own environment: stamp and sign boletas with facturacion-electronica.

    PEER_PYTHON bench/dte_peer.py CASE.json

CASE.json names the folio file, the certificate and the basket. Reads "go" lines from standard
input and answers each with the seconds of one call of 20 documents; its picture of the bar code
is left out, for ours draws none either.
"""

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

# Not installed in our environment: this file runs in another.
from facturacion_electronica import (  # type: ignore[import-not-found]
    facturacion_electronica as peer,
)
from facturacion_electronica.dte import DTE  # type: ignore[import-not-found]

PER_CALL = 20


class NoPicture:
    """Stands where the peer's picture of the bar code would be."""

    def save(self, *_args: object) -> None:
        """Draw nothing."""


def main() -> None:
    """Answer rounds until standard input ends."""
    logging.disable(logging.CRITICAL)
    DTE.pdf417bc = lambda *_args: NoPicture()
    case = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folio = 1
    for _ in sys.stdin:
        call = _call(case, folio)
        folio += PER_CALL
        begun = time.perf_counter()
        answers = peer.timbrar(call)
        seconds = time.perf_counter() - begun
        signed = [answer for answer in answers if "<SignatureValue" in str(answer["sii_xml_dte"])]
        if len(signed) != PER_CALL:
            sys.exit(f"the peer signed {len(signed)} of {PER_CALL}: {answers[0].get('error')}")
        print(seconds, flush=True)


def _call(case: dict[str, Any], folio: int) -> dict[str, Any]:
    return {
        "Emisor": case["issuer"],
        "firma_electronica": {
            "string_firma": case["pfx"],
            "string_password": case["password"],
            "init_signature": True,
        },
        "Documento": [
            {
                "TipoDTE": 39,
                "caf_file": [case["caf"]],
                "documentos": [_document(case, folio + place) for place in range(PER_CALL)],
            }
        ],
    }


def _document(case: dict[str, Any], folio: int) -> dict[str, Any]:
    return {
        "NroDTE": folio,
        "Encabezado": {
            "IdDoc": {"FchEmis": case["date"], "Folio": folio, "IndServicio": 3},
            "Receptor": {"RUTRecep": "66666666-6", "RznSocRecep": "CONSUMIDOR FINAL"},
        },
        "Detalle": [
            {
                "NroLinDet": place,
                "NmbItem": name,
                "QtyItem": float(quantity),
                "PrcItem": price,
                "Impuesto": [{"CodImp": 14, "price_include": True, "TasaImp": 19}],
            }
            for place, (name, quantity, price) in enumerate(case["basket"], start=1)
        ],
    }


if __name__ == "__main__":
    main()
