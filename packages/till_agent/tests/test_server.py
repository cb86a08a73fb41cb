"""The door: the till's page gets in, every other page stays out."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dte.blocks import Block, Text, blocks_to_json
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.journal import JournalCopy
from till_agent.printers import PrinterState
from till_agent.printers.dummy import DummyPrinter
from till_agent.printers.escpos import DRAWER_PULSE, INIT
from till_agent.printers.profiles import PROFILES
from till_agent.scale import PROTOCOLS, Scale
from till_agent.server import MAX_BODY_BYTES, Door, agent_server

ORIGIN = "https://caja.example"
TOKEN = "un-token-de-prueba-de-largo-suficiente-0"


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    content: dict[str, Any]


class SlowPrinter(DummyPrinter):
    """A printer that draws nothing until it `is_free`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_free = threading.Event()
        self.is_free.set()

    def send(self, content: bytes) -> None:
        assert self.is_free.wait(10)
        super().send(content)


@dataclass(kw_only=True)
class Agent:
    port: int
    queue: JobQueue
    printer: SlowPrinter
    handler: object
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
    printer = SlowPrinter()
    worker = PrintWorker(queue, printer, PROFILES["80"], retry_seconds=(0.02,))
    door = Door(origins=frozenset({ORIGIN}), token=TOKEN)
    server = agent_server(
        port=0,
        door=door,
        queue=queue,
        worker=worker,
        profile=PROFILES["80"],
        journal=JournalCopy(tmp_path / "diario"),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    worker.start()
    thread.start()
    yield Agent(
        port=server.server_port,
        queue=queue,
        printer=printer,
        handler=server.RequestHandlerClass,
    )
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


def test_opens_the_drawer_for_a_sale_that_wants_no_paper(agent: Agent) -> None:
    reply = agent.ask("POST", "/jobs", order(blocks=[], drawer=True))

    assert (reply.status, reply.content["state"]) == (202, "printed")
    assert agent.printer.papers == [INIT + DRAWER_PULSE]


def test_says_that_it_keeps_a_job_before_the_paper_is_out(agent: Agent) -> None:
    agent.printer.is_free.clear()

    with closing(http.client.HTTPConnection("127.0.0.1", agent.port, timeout=10)) as line:
        line.request("POST", "/jobs", body=json.dumps(order()).encode(), headers=agent.headers)
        reply = line.getresponse()
        kept, papers = agent.queue.find("venta-0001"), list(agent.printer.papers)
        agent.printer.is_free.set()
        content = json.loads(reply.read())

    assert reply.status == 202
    assert (kept is not None, papers) == (True, [])
    assert (content["state"], len(agent.printer.papers)) == ("printed", 1)
    assert reply.headers["Timing-Allow-Origin"] == ORIGIN


def test_answers_callers_of_http_1_0_without_chunks(agent: Agent) -> None:
    body = json.dumps(order()).encode()
    heads = {**agent.headers, "Host": f"127.0.0.1:{agent.port}", "Content-Length": str(len(body))}
    asked = "".join(f"{name}: {value}\r\n" for name, value in heads.items())

    with socket.create_connection(("127.0.0.1", agent.port), timeout=10) as line:
        line.sendall(f"POST /jobs HTTP/1.0\r\n{asked}\r\n".encode() + body)
        head, _, content = b"".join(iter(lambda: line.recv(4096), b"")).partition(b"\r\n\r\n")

    assert b"Transfer-Encoding" not in head
    assert json.loads(content)["state"] == "printed"


def test_who_still_sends_a_body_that_was_refused_gets_to_read_why(agent: Agent) -> None:
    length = MAX_BODY_BYTES + 1
    heads = {**agent.headers, "Host": f"127.0.0.1:{agent.port}", "Content-Length": str(length)}
    asked = "".join(f"{name}: {value}\r\n" for name, value in heads.items())

    with socket.create_connection(("127.0.0.1", agent.port), timeout=10) as line:
        line.sendall(f"POST /jobs HTTP/1.1\r\n{asked}\r\n".encode())
        begin = line.recv(12)
        line.sendall(b" " * length)
        rest = b"".join(iter(lambda: line.recv(4096), b""))

    assert begin == b"HTTP/1.1 413"
    assert b"El papel es demasiado grande." in rest


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
        (order(blocks=[]), 422, "bad_job"),
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

    server = agent_server(
        port=0,
        door=door,
        queue=queue,
        worker=worker,
        profile=PROFILES["80"],
        journal=JournalCopy(tmp_path / "diario"),
    )

    assert server.server_address[0] == "127.0.0.1"
    server.server_close()
    queue.close()


def copy(*seqs: int, device: str = "0197c0de-0000-7000-8000-000000000001") -> dict[str, object]:
    events = [{"seq": seq, "text": f'{{"seq":{seq}}}'} for seq in seqs]
    return {"device": device, "events": events}


def test_keeps_a_copy_of_the_journal_and_gives_it_back(agent: Agent) -> None:
    told = agent.ask("POST", "/journal", copy(1, 2))

    devices = agent.ask("GET", "/journal")
    events = agent.ask("GET", "/journal/0197c0de-0000-7000-8000-000000000001?after=1")

    assert (told.status, told.content) == (200, {"kept": 2})
    assert devices.content["devices"] == [
        {"device": "0197c0de-0000-7000-8000-000000000001", "first": 1, "last": 2, "count": 2}
    ]
    assert events.content == {"events": [{"seq": 2, "text": '{"seq":2}'}]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        copy(),
        copy(0),
        copy(1, device="otra"),
        {**copy(1), "more": 1},
        {"device": "0197c0de-0000-7000-8000-000000000001", "events": [{"seq": True, "text": "x"}]},
        {"device": "0197c0de-0000-7000-8000-000000000001", "events": [{"seq": 1, "text": 7}]},
    ],
)
def test_a_copy_of_nonsense_is_refused(agent: Agent, body: dict[str, object]) -> None:
    assert agent.ask("POST", "/journal", body).status == 422
    assert agent.ask("GET", "/journal").content["devices"] == []


def test_another_event_under_a_kept_number_is_a_conflict(agent: Agent) -> None:
    agent.ask("POST", "/journal", copy(1))
    other = copy(1)
    other["events"] = [{"seq": 1, "text": "otro"}]

    reply = agent.ask("POST", "/journal", other)

    assert (reply.status, reply.content["code"]) == (409, "journal_conflict")


def test_a_machine_without_a_scale_says_so(agent: Agent) -> None:
    reply = agent.ask("GET", "/weight")

    assert (reply.status, reply.content["code"]) == (404, "no_scale")


def test_tells_what_the_scale_says(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        agent.handler, "scale", Scale("/dev/no-scale-here", PROTOCOLS["toledo8217"])
    )

    reply = agent.ask("GET", "/weight")

    assert reply.content == {
        "state": "away",
        "grams": 0,
        "message": "La balanza no contesta. Revisa el cable y escribe el peso a mano",
    }
