"""Where the SII's machines live in each environment."""

from dataclasses import dataclass
from typing import Final

# The factura channel's doors, below `Hosts.factura_url`.
SEED_PATH: Final = "/DTEWS/CrSeed.jws"
TOKEN_PATH: Final = "/DTEWS/GetTokenFromSeed.jws"  # noqa: S105 - a path, no secret
UPLOAD_PATH: Final = "/cgi_dte/UPL/DTEUpload"
ENVELOPE_STATUS_PATH: Final = "/DTEWS/QueryEstUp.jws"
DOCUMENT_STATUS_PATH: Final = "/DTEWS/QueryEstDte.jws"
SIGNED_DOCUMENT_STATUS_PATH: Final = "/DTEWS/services/QueryEstDteAv"
MAIL_PATH: Final = "/DTEWS/services/wsDTECorreo"
CLAIMS_PATH: Final = "/WSREGISTRORECLAMODTE/registroreclamodteservice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The base addresses of one environment, without a final slash.

    Boleta uploads have a host of their own; sent to the other one they end in a dead gateway.
    The factura channel has one host for all; `claims_url` is a whole address, not a base.
    Source: SII, Instructivo técnico boleta electrónica (2021-10-28); WSDLs of the factura channel;
    WS registro de reclamo v1.2.
    """

    boleta_query_url: str
    boleta_upload_url: str
    factura_url: str
    claims_url: str


CERTIFICATION = Hosts(
    boleta_query_url="https://apicert.sii.cl/recursos/v1",
    boleta_upload_url="https://pangal.sii.cl/recursos/v1",
    factura_url="https://maullin.sii.cl",
    claims_url="https://ws2.sii.cl/WSREGISTRORECLAMODTECERT/registroreclamodteservice",
)
PRODUCTION = Hosts(
    boleta_query_url="https://api.sii.cl/recursos/v1",
    boleta_upload_url="https://rahue.sii.cl/recursos/v1",
    factura_url="https://palena.sii.cl",
    claims_url=f"https://ws1.sii.cl{CLAIMS_PATH}",
)


def demo_hosts(base_url: str) -> Hosts:
    """Make the hosts of a simulator, e.g. from "http://127.0.0.1:8400"."""
    base = base_url.rstrip("/")
    channel = f"{base}/recursos/v1"
    return Hosts(
        boleta_query_url=channel,
        boleta_upload_url=channel,
        factura_url=base,
        claims_url=base + CLAIMS_PATH,
    )
