"""The mail with the verdicts says why, document by document."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from lxml import etree

from sii_simulator.errors import SimulatorError
from sii_simulator.mailroom import mail_reply
from sii_simulator.records import Forced
from sii_simulator.routes import Request, route


def open_mail(scene: Any, track_id: str) -> tuple[EmailMessage, str, Any]:
    """Read the mail back: itself, its text and its attachment."""
    reply = mail_reply(scene.registry, track_id)
    assert (reply.status, reply.content_type) == (200, "message/rfc822")
    mail = email.message_from_bytes(reply.body, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body()
    (attached,) = mail.iter_attachments()
    xml = attached.get_payload(decode=True)
    assert body is not None
    assert isinstance(xml, bytes)
    return mail, body.get_content(), etree.fromstring(xml)


def test_mail_lists_what_was_rejected_or_remarked(scene: Any, write: Any) -> None:
    outcome = scene.submit(
        write.paper(33, 1),
        write.paper(33, 2, lines=write.line(price=999)),
        write.paper(33, 3, day="2026-11-18"),
        write.paper(52, 1, id_doc=""),
    )

    mail, text, xml = open_mail(scene, outcome.track_id)

    assert mail["Subject"] == f"Resultado de Revision Envio {outcome.track_id} - 76918245-4"
    assert mail["Date"] == "Sun, 22 Nov 2026 12:00:00 -0300"
    assert "Estado del envio       : EPR\n" in text
    assert (
        "\nTipo 33 Folio 2 : RPR - DTE Aceptado con Reparos\n"
        "    (DET-2-100) Valor Detalle Distinto a Precio * Cantidad [2000] <> [1998]\n"
    ) in text
    rows = [[cell.text for cell in row] for row in xml.iterfind("ESTADISTICA/SUBTOTAL")]
    assert rows == [["33", "3", "1", "0", "2"], ["52", "1", "0", "1", "0"]]
    revised = [
        (row.findtext("TIPODTE"), row.findtext("FOLIO"), row.findtext("ESTADO")[:3])
        for row in xml.iterfind("REVISIONENVIO/REVISIONDTE")
    ]
    assert revised == [("33", "2", "RPR"), ("33", "3", "RLV"), ("52", "1", "RCH")]


def test_mail_of_a_turned_down_envelope_says_why(scene: Any, write: Any) -> None:
    xml = scene.envelope((write.paper(),)).replace(b"Cliente Uno", b"Cliente Dos")

    _, text, attached = open_mail(scene, scene.send(xml).track_id)

    assert "RFR Firma del envio incorrecta" in text
    assert attached.findtext("ERRORENVIO/DETERRENVIO").startswith("Firma del envio incorrecta")
    assert attached.find("REVISIONENVIO/REVISIONDTE") is None


def test_no_mail_before_the_end_nor_of_what_never_came(scene: Any) -> None:
    received, _ = scene.registry.receive(
        b"<x/>", issuer="76918245-4", sender="12345678-5", file_name="e.xml", at=scene.at,
        first_step_at=scene.at, repeat_since=scene.at, forced=Forced(),
    )  # fmt: skip

    with pytest.raises(SimulatorError) as early:
        mail_reply(scene.registry, received.track_id)
    with pytest.raises(SimulatorError) as unknown:
        mail_reply(scene.registry, "1")
    assert (early.value.code, unknown.value.code) == ("mail_not_ready", "no_envelope")


def test_mail_is_asked_for_by_its_track_id(simulator: Any) -> None:
    asked = Request(
        method="GET", path="/simulador/correo", query={"trackid": "7"}, headers={}, body=b""
    )

    reply = route(simulator, asked)

    assert reply is not None
    assert (reply.status, b"no_envelope" in reply.body) == (422, True)
