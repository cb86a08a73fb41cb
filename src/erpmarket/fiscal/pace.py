"""How long the outbox waits before the next try; there is no last one."""

from datetime import UTC, datetime, timedelta

from erpmarket.common.pace import Pace

# The law gives one hour from the issue, so an outage is tried again at least every ten minutes.
# Source: Res. Ex. SII 74 of 2020, letter F.6.
SEND = Pace(base=timedelta(seconds=2), cap=timedelta(minutes=10))
POLL = Pace(base=timedelta(seconds=1), cap=timedelta(minutes=10))
# Somebody must do something first: load a certificate, ask for a permission.
HOLD = Pace(base=timedelta(seconds=30), cap=timedelta(minutes=10))
# Until a person says so: the papers of a certification are seen before they are sent.
NOT_YET = datetime(9999, 1, 1, tzinfo=UTC)
