"""The page for people: what came in, and what became of it."""

from datetime import datetime
from html import escape
from importlib.resources import files

from .clock import chile
from .faults import Fault
from .findings import REJECT
from .records import BOLETA, FACTURA, OPEN_STATES, Judged, Received
from .replies import Reply

ROW_LIMIT = 100
_STATE_WORDS = {
    "REC": "Recibido",
    "SOK": "Formato correcto",
    "CRT": "Carátula correcta",
    "FOK": "Firma correcta",
    "PRD": "En proceso",
    "PDR": "En proceso",
    "EPR": "Procesado",
    "LSO": "Libro con formato correcto",
    "LOK": "Libro aceptado",
    "LRH": "Libro rechazado",
    "RSC": "Rechazado por formato",
    "RCT": "Rechazado por carátula",
    "RFR": "Rechazado por firma",
    "RPT": "Rechazado por repetido",
    "RCO": "Rechazado por consistencia",
    "VOF": "Archivo no encontrado",
    "DOK": "Aceptado",
    "RPR": "Con reparos",
    "RLV": "Con reparos leves",
    "RCH": "Rechazado",
}
_REMARKED = ("RPR", "RLV")
_KIND_WORDS = {
    33: "Factura",
    34: "Factura exenta",
    39: "Boleta",
    41: "Boleta exenta",
    52: "Guía de despacho",
    56: "Nota de débito",
    61: "Nota de crédito",
}
_CHANNEL_WORDS = {BOLETA: "Boletas", FACTURA: "Facturas"}
_CSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="6" fill="#14406b"/>'
    '<path d="M8 5h16v22l-4-3-4 3-4-3-4 3z" fill="#ffffff"/>'
    '<path d="M11 11h10M11 16h10" stroke="#14406b" stroke-width="2"/></svg>'
)


def overview(rows: list[tuple[Received, list[Judged]]], *, pending: tuple[Fault, ...]) -> Reply:
    """Show the latest envelopes."""
    judged = [document for _, documents in rows for document in documents]
    accepted = sum(document.state == "DOK" for document in judged)
    remarked = sum(document.state in _REMARKED for document in judged)
    rejected = sum(document.state == "RCH" for document in judged)
    tally = "".join(
        f'<li class="{tone}"><strong>{count}</strong> {words}</li>'
        for count, words, tone in (
            (len(rows), "envíos" if len(rows) != 1 else "envío", "plain"),
            (accepted, "documento aceptado" if accepted == 1 else "documentos aceptados", "good"),
            (remarked, "con reparos", "warn"),
            (rejected, "rechazado" if rejected == 1 else "rechazados", "bad"),
        )
    )
    notice = ""
    if pending:
        names = ", ".join(f"{fault.kind} en {fault.endpoint} × {fault.count}" for fault in pending)
        notice = f'<p class="notice">Fallas programadas: {escape(names)}</p>'
    table = _envelope_table(rows) if rows else _NOTHING
    return _page("Envíos recibidos", f'<ul class="tally">{tally}</ul>{notice}{table}', refresh=True)


def detail(envelope: Received, judged: list[Judged]) -> Reply:
    """Show one envelope with its documents."""
    facts = "".join(
        f"<dt>{name}</dt><dd>{value}</dd>"
        for name, value in (
            ("Estado", _chip(envelope.state)),
            ("Canal", _CHANNEL_WORDS[envelope.channel]),
            ("Empresa", _rut(envelope.issuer)),
            ("Envía", _rut(envelope.sender)),
            ("Recibido", _moment(envelope.received_at)),
            ("Archivo", _file_link(envelope)),
            ("Veces recibido", str(envelope.copies)),
        )
    )
    reason = f'<p class="reason">{escape(envelope.glosa)}</p>' if envelope.glosa else ""
    rows = "".join(_document_row(document) for document in judged)
    table = (
        '<div class="scroll"><table><thead><tr><th>Documento</th><th>Folio</th><th>Fecha</th>'
        '<th>Receptor</th><th class="amount">Total</th><th>Veredicto</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        if rows
        else ""
    )
    back = '<p><a href="/">← Todos los envíos</a></p>'
    return _page(
        f"Envío {envelope.track_id}",
        f'{back}<dl class="facts">{facts}</dl>{reason}{table}',
        refresh=envelope.state in OPEN_STATES,
    )


def stylesheet() -> Reply:
    """Answer the page's style."""
    css = (files(__package__) / "estilo.css").read_bytes()
    return Reply(status=200, content_type="text/css; charset=utf-8", body=css)


def icon() -> Reply:
    """Answer the page's icon."""
    return Reply(status=200, content_type="image/svg+xml", body=_ICON.encode("ascii"))


_NOTHING = (
    '<p class="nothing">Todavía no llega ningún envío. Cuando la caja emita una boleta o una'
    " factura y el sistema la envíe, aparecerá aquí con su veredicto.</p>"
)


def _envelope_table(rows: list[tuple[Received, list[Judged]]]) -> str:
    body = "".join(_envelope_row(envelope, judged) for envelope, judged in rows)
    return (
        '<div class="scroll"><table><thead><tr><th>Envío</th><th>Recibido</th><th>Canal</th>'
        "<th>Empresa</th><th>Estado</th><th>Folios</th><th>Resultado</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _envelope_row(envelope: Received, judged: list[Judged]) -> str:
    return (
        f'<tr><td><a href="/envio/{envelope.track_id}">{envelope.track_id}</a></td>'
        f"<td>{_moment(envelope.received_at)}</td><td>{_CHANNEL_WORDS[envelope.channel]}</td>"
        f"<td>{_rut(envelope.issuer)}</td>"
        f"<td>{_chip(envelope.state)}</td><td>{_folios(judged)}</td>"
        f'<td class="wrap">{_outcome(envelope, judged)}</td></tr>'
    )


def _folios(judged: list[Judged]) -> str:
    by_kind: dict[int, list[int]] = {}
    for document in judged:
        by_kind.setdefault(document.facts.kind, []).append(document.facts.folio)
    spans = {
        kind: f"{min(folios)}–{max(folios)}" if len(folios) > 1 else str(folios[0])
        for kind, folios in sorted(by_kind.items())
    }
    # Folios of each type count for themselves, so a mixed envelope names the types.
    if len(spans) == 1:
        return next(iter(spans.values()))
    return ", ".join(f"{kind}: {span}" for kind, span in spans.items())


def _outcome(envelope: Received, judged: list[Judged]) -> str:
    if envelope.glosa:
        return f'<span class="reason">{escape(envelope.glosa[:160])}</span>'
    chips = []
    for state, one, many, tone in (
        ("DOK", "aceptado", "aceptados", "good"),
        ("RPR", "con reparos", "con reparos", "warn"),
        ("RLV", "con reparos leves", "con reparos leves", "warn"),
        ("RCH", "rechazado", "rechazados", "bad"),
    ):
        count = sum(document.state == state for document in judged)
        if count:
            words = one if count == 1 else many
            chips.append(f'<span class="chip {tone}">{count} {words}</span>')
    return f'<span class="chips">{"".join(chips)}</span>'


def _document_row(document: Judged) -> str:
    facts = document.facts
    errors = "".join(
        f"<li>{escape(finding.section)}-{finding.level}-{finding.code}: {escape(finding.text)}"
        f" {escape(finding.detail)}</li>"
        for finding in document.findings
    )
    tone = "bad" if any(f.level >= REJECT for f in document.findings) else "warn"
    listed = f'<ul class="findings {tone}">{errors}</ul>' if errors else ""
    total = f"{facts.total_clp:,}".replace(",", ".")
    return (
        f"<tr><td>{_KIND_WORDS.get(facts.kind, str(facts.kind))}</td><td>{facts.folio}</td>"
        f"<td>{_day(facts.issue_date)}</td><td>{_rut(facts.receiver)}</td>"
        f'<td class="amount">${total}</td>'
        f'<td class="wrap">{_chip(document.state)}{listed}</td></tr>'
    )


def _chip(state: str) -> str:
    tone = "plain"
    if state in ("EPR", "DOK", "LOK"):
        tone = "good"
    elif state in _REMARKED:
        tone = "warn"
    elif state not in OPEN_STATES:
        tone = "bad"
    return f'<span class="chip {tone}">{state} · {_STATE_WORDS.get(state, state)}</span>'


def _file_link(envelope: Received) -> str:
    return f'<a href="/envio/{envelope.track_id}.xml">{escape(envelope.file_name)}</a>'


def _rut(rut: str) -> str:
    number, _, check = rut.partition("-")
    return escape(f"{int(number):,}".replace(",", ".") + f"-{check}" if number.isdigit() else rut)


def _day(written: str) -> str:
    return escape("-".join(reversed(written.split("-"))))


def _moment(at: datetime) -> str:
    local = chile(at)
    return f'<time datetime="{local.isoformat()}">{local:%d-%m-%Y %H:%M:%S}</time>'


def _page(title: str, inside: str, *, refresh: bool) -> Reply:
    again = '<meta http-equiv="refresh" content="5">' if refresh else ""
    body = (
        '<!DOCTYPE html><html lang="es-CL"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{again}<link rel="icon" href="/icono.svg"><link rel="stylesheet" href="/estilo.css">'
        f"<title>{title} · Simulador del SII</title></head><body>"
        '<header><p class="brand">Simulador del SII</p>'
        "<p>Ambiente de demostración: nada de lo que hay aquí tiene valor legal.</p></header>"
        f"<main><h1>{title}</h1>{inside}</main></body></html>"
    )
    return Reply(
        status=200,
        content_type="text/html; charset=utf-8",
        body=body.encode("utf-8"),
        headers=(("Content-Security-Policy", _CSP), ("Referrer-Policy", "no-referrer")),
    )
