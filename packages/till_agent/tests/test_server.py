"""The door: the till's page gets in, every other page stays out."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dte.blocks import Block, Text, blocks_to_json
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.printers import PrinterState
from till_agent.printers.dummy import DummyPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.server import MAX_BODY_BYTES, Door, agent_server

ORIGIN = "https://caja.example"
TOKEN = "un-token-de-prueba-de-largo-suficiente-0"


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    content: dict[str, Any]


@dataclass(kw_only=True)
class Agent:
    port: int
    queue: JobQueue
    printer: DummyPrinter
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "Origin": ORIGIN,
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
        }
    )

    def ask(
        self, method: str, path: str, body: object = None, *, drop: str = "", **changes: str
    ) -> Reply:
        headers = {
            **self.headers,
            **{name.replace("_", "-"): text for name, text in changes.items()},
        }
        headers.pop(drop, None)
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as line:
            line.request(method, path, body=raw, headers=headers)
            reply = line.getresponse()
            content = reply.read()
            return Reply(
                status=reply.status,
                headers={name.lower(): value for name, value in reply.getheaders()},
                content=json.loads(content) if content else {},
            )


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    queue = JobQueue(tmp_path / "cola.sqlite3")
    printer = DummyPrinter()
    worker = PrintWorker(queue, printer, PROFILES["80"], retry_seconds=(0.02,))
    door = Door(origins=frozenset({ORIGIN}), token=TOKEN)
    server = agent_server(port=0, door=door, queue=queue, worker=worker, profile=PROFILES["80"])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    worker.start()
    thread.start()
    yield Agent(port=server.server_port, queue=queue, printer=printer)
    server.shutdown()
    thread.join()
    server.server_close()
    worker.stop()
    queue.close()


def order(words: str = "hola", **changes: object) -> dict[str, object]:
    blocks = blocks_to_json((Text(text=words),))
    return {"id": "venta-0001", "paper": 80, "blocks": blocks, "drawer": False, **changes}


def test_prints_a_job_and_says_so(agent: Agent, boleta: tuple[Block, ...]) -> None:
    reply = agent.ask("POST", "/jobs", order(blocks=blocks_to_json(boleta), drawer=True))

    assert reply.status == 202
    assert reply.content == {
        "id": "venta-0001",
        "state": "printed",
        "copy": False,
        "attempts": 1,
        "reason": "",
    }
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert len(agent.printer.papers) == 1
    assert b"\x1bp" in agent.printer.papers[0]


def test_prints_the_same_job_once(agent: Agent) -> None:
    first, second = (agent.ask("POST", "/jobs", order()) for _ in range(2))

    assert (first.status, second.status) == (202, 200)
    assert second.content["state"] == "printed"
    assert len(agent.printer.papers) == 1


def test_refuses_the_same_id_with_another_paper(agent: Agent) -> None:
    agent.ask("POST", "/jobs", order("uno"))

    reply = agent.ask("POST", "/jobs", order("dos"))

    assert (reply.status, reply.content["code"]) == (409, "job_conflict")
    assert len(agent.printer.papers) == 1


def test_accepts_while_the_printer_is_away(agent: Agent) -> None:
    agent.printer.condition = PrinterState.OFFLINE

    reply = agent.ask("POST", "/jobs", order())
    status = agent.ask("GET", "/status")

    assert (reply.status, reply.content["state"]) == (202, "waiting")
    assert "línea" in reply.content["reason"]
    assert status.content["printer"]["state"] == "offline"
    assert status.content["queue"]["waiting"] == 1


def test_tells_its_status_and_a_job(agent: Agent) -> None:
    agent.ask("POST", "/jobs", order())

    status = agent.ask("GET", "/status")
    job = agent.ask("GET", "/jobs/venta-0001")

    assert status.status == job.status == 200
    assert status.content["paper"] == "80"
    assert status.content["printer"] == {
        "state": "ready",
        "message": "La impresora está lista.",
    }
    assert status.content["queue"] == {
        "waiting": 0,
        "doubtful": 0,
        "failed": 0,
        "oldest_seconds": 0,
    }
    assert job.content["state"] == "printed"
    assert agent.ask("GET", "/jobs/venta-9999").status == 404


INTRUDERS: dict[str, tuple[dict[str, str], int, str]] = {
    "hostile origin": ({"Origin": "https://malo.example"}, 403, "wrong_origin"),
    "origin as prefix": ({"Origin": ORIGIN + ".malo.example"}, 403, "wrong_origin"),
    "null origin": ({"Origin": "null"}, 403, "wrong_origin"),
    "no origin": ({"drop": "Origin"}, 403, "wrong_origin"),
    "rebound name": ({"Host": "malo.example"}, 421, "wrong_host"),
    "wrong token": ({"Authorization": "Bearer " + "x" * 40}, 401, "wrong_token"),
    "no token": ({"drop": "Authorization"}, 401, "wrong_token"),
    "bare token": ({"Authorization": TOKEN}, 401, "wrong_token"),
    "form post": ({"Content_Type": "text/plain"}, 415, "not_json"),
}


@pytest.mark.parametrize("case", INTRUDERS)
def test_turns_intruders_away(case: str, agent: Agent) -> None:
    changes, status, code = INTRUDERS[case]

    reply = agent.ask("POST", "/jobs", order(), **changes)

    assert (reply.status, reply.content["code"]) == (status, code)
    assert agent.queue.find("venta-0001") is None
    assert agent.printer.papers == []
    if "Origin" in changes:
        assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("case", [name for name in INTRUDERS if name != "form post"])
def test_hides_its_status_from_intruders(case: str, agent: Agent) -> None:
    changes, status, _ = INTRUDERS[case]

    reply = agent.ask("GET", "/status", **changes)

    assert reply.status == status
    assert "printer" not in reply.content


def test_answers_the_browsers_questions_before_a_request(agent: Agent) -> None:
    reply = agent.ask(
        "OPTIONS",
        "/jobs",
        drop="Authorization",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Private_Network="true",
        Access_Control_Request_Local_Network="true",
    )

    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert reply.headers["access-control-allow-private-network"] == "true"
    assert reply.headers["access-control-allow-local-network"] == "true"
    assert reply.headers["vary"] == "Origin"


def test_allows_no_foreign_page_to_ask(agent: Agent) -> None:
    reply = agent.ask(
        "OPTIONS",
        "/jobs",
        Origin="https://malo.example",
        Access_Control_Request_Private_Network="true",
    )

    assert reply.status == 403
    assert not [name for name in reply.headers if name.startswith("access-control-allow")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"[" * 50_000, 400, "bad_json"),
        (b"\xff\xfe", 400, "bad_json"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "too_large"),
        ([], 422, "bad_job"),
        ({"id": "venta-0001"}, 422, "bad_job"),
        (order(id="../../etc"), 422, "bad_job"),
        (order(id=7), 422, "bad_job"),
        (order(drawer="yes"), 422, "bad_job"),
        (order(paper=110), 422, "bad_job"),
        (order(url="http://malo.example"), 422, "bad_job"),
        (order(blocks=[]), 422, "bad_blocks"),
        (order(blocks=[{"kind": "text", "text": "x\x1bp"}]), 422, "bad_blocks"),
        (order(blocks=[{"kind": "stamp", "ted": "\xff" * 1100}]), 422, "stamp_does_not_fit"),
    ],
)
def test_refuses_bad_bodies_and_keeps_nothing(
    body: object, status: int, code: str, agent: Agent
) -> None:
    reply = agent.ask("POST", "/jobs", body)

    assert (reply.status, reply.content["code"]) == (status, code)
    assert agent.queue.counts().waiting == 0
    assert agent.printer.papers == []


def test_refuses_a_body_without_length(agent: Agent) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", agent.port, timeout=10)) as line:
        headers = {**agent.headers, "Transfer-Encoding": "chunked"}
        line.request("POST", "/jobs", body=b"0\r\n\r\n", headers=headers)
        assert line.getresponse().status == 411


def test_knows_only_its_paths(agent: Agent) -> None:
    assert agent.ask("GET", "/").status == 404
    assert agent.ask("POST", "/status", {}).status == 404
    assert agent.ask("GET", "/jobs/..%2f..%2f").status == 404


def test_answers_many_pages_at_once(agent: Agent) -> None:
    replies: list[Reply] = []

    def send(number: int) -> None:
        replies.append(agent.ask("POST", "/jobs", order(id=f"venta-{number:04d}")))

    threads = [threading.Thread(target=send, args=(number % 5,)) for number in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(reply.status for reply in replies) == [200] * 10 + [202] * 5
    assert len(agent.printer.papers) == 5


def test_is_bound_to_this_machine_only(agent: Agent, tmp_path: Path) -> None:
    queue = JobQueue(tmp_path / "otra.sqlite3")
    worker = PrintWorker(queue, DummyPrinter(), PROFILES["80"])
    door = Door(origins=frozenset({ORIGIN}), token=TOKEN)

    server = agent_server(port=0, door=door, queue=queue, worker=worker, profile=PROFILES["80"])

    assert server.server_address[0] == "127.0.0.1"
    server.server_close()
    queue.close()
