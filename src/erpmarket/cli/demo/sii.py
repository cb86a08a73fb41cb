"""Orders to the simulated SII: folios, certificates, its key, and verdicts to show."""

import http.client
import json
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from erpmarket.cli.errors import StartRefused

TIMEOUT_SECONDS = 20
ANSWER_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiFacts:
    """The key that signs demo folios, and the resolution every demo envelope must name."""

    key_id: int
    modulus: int
    exponent: int
    resolution_number: int
    resolution_date: date


class DemoSii:
    """The simulator at one address. Every method raises StartRefused when it does not answer."""

    def __init__(self, url: str) -> None:
        self.url = url

    def facts(self) -> SiiFacts:
        """Ask for the authority's key and resolution."""
        answer = json.loads(self._ask("GET", "/simulador/clave"))
        return SiiFacts(
            key_id=int(answer["idk"]),
            modulus=int(answer["modulus_hex"], 16),
            exponent=int(answer["exponent"]),
            resolution_number=int(answer["resolution_number"]),
            resolution_date=date.fromisoformat(answer["resolution_date"]),
        )

    def caf(self, *, rut: str, name: str, kind: int, quantity: int, authorized_on: date) -> bytes:
        """Order a file of folios."""
        order = {
            "rut": rut,
            "name": name,
            "kind": kind,
            "quantity": quantity,
            "authorized_on": authorized_on.isoformat(),
        }
        return self._ask("POST", "/simulador/caf", order)

    def certificate(self, *, rut: str, name: str, password: str) -> bytes:
        """Order a person's certificate as .pfx."""
        return self._ask(
            "POST", "/simulador/certificado", {"rut": rut, "name": name, "password": password}
        )

    def script_verdict(self, *, state: str, words: str) -> None:
        """Let the documents of the next envelope end in `state` (RCH, RPR)."""
        fault = {"endpoint": "envio", "kind": "reject", "state": state, "text": words}
        self._ask("POST", "/simulador/fallas", {"faults": [fault]})

    def clear_script(self) -> None:
        """Forget verdicts that nobody met."""
        self._ask("POST", "/simulador/fallas", {"clear": True})

    def _ask(self, method: str, path: str, order: dict[str, object] | None = None) -> bytes:
        parts = urlsplit(self.url)
        body = None if order is None else json.dumps(order).encode()
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read(ANSWER_LIMIT_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise StartRefused(
                "simulator_silent",
                f"El SII simulado no contesta en {self.url} ({error}). "
                "Pártelo, o corrige ERP_SII_DEMO_URL, y repite.",
            ) from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            said = answer.decode("utf-8", "replace")[:300]
            raise StartRefused(
                "simulator_refused", f"El SII simulado no aceptó {path} ({response.status}): {said}"
            )
        return answer
