"""Where the boleta channel lives in each environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The two base addresses of the boleta channel, without a final slash.

    Uploads have a host of their own; sent to the other one they end in a dead gateway.
    Source: SII, Instructivo técnico boleta electrónica (2021-10-28).
    """

    boleta_query_url: str
    boleta_upload_url: str


CERTIFICATION = Hosts(
    boleta_query_url="https://apicert.sii.cl/recursos/v1",
    boleta_upload_url="https://pangal.sii.cl/recursos/v1",
)
PRODUCTION = Hosts(
    boleta_query_url="https://api.sii.cl/recursos/v1",
    boleta_upload_url="https://rahue.sii.cl/recursos/v1",
)


def demo_hosts(base_url: str) -> Hosts:
    """Make the hosts of a simulator, e.g. from "http://127.0.0.1:8400"."""
    channel = base_url.rstrip("/") + "/recursos/v1"
    return Hosts(boleta_query_url=channel, boleta_upload_url=channel)
