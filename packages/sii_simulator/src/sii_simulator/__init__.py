"""A strict fake of the SII, with faults, for demos and tests.

Rooms: `caf_office` issues test authorizations (CAF) and certificates; `app` is the HTTP server and
`routes` its addresses; `boleta_channel` and `factura_channel` (SOAP, uploads) answer; `control`
takes orders, `page` is for people; `registry` remembers what was received; `worker` moves each
envelope from state to state; `verdicts` and what it calls are the checks; `faults` breaks things on
request.

It verifies with python-xmlsec and plain RSA arithmetic and never imports `dte`, so that one
mistake is not made twice. Start it with `python -m sii_simulator --port P --folder DIR`.
"""

DEMO_KEY_ID = 900
"""IDK of the simulator's own CAF authority; no real authority uses it."""
