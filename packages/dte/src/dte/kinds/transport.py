"""Who carries the goods: what papers that travel with them must say."""

from dte.codes import DispatchKind
from dte.document import Draft, Transport
from dte.kinds.refusal import refuse
from dte.rules import Rules

_CARRIED = (DispatchKind.BY_ISSUER_TO_RECEIVER, DispatchKind.BY_ISSUER_ELSEWHERE)
_NOBODY = Transport()


def goes_with_goods(draft: Draft) -> bool:
    """Say whether a factura also serves as the paper of the road.

    Source: Res. Ex. SII 154 of 2025: facturas that cover the transport of goods.
    """
    return draft.transport is not None or draft.dispatch in _CARRIED


def check_transport(draft: Draft, rules: Rules) -> None:
    """Refuse a journey without origin, destination, carrier, driver or plate.

    Origin is the issuer's address, which all its documents say; destination the transport's or
    else the receiver's. Before 2026-05-01, or when `rules` turn it off, only what the schema
    needs is asked for.
    Source: Res. Ex. SII 154 of 2025-11-05, in force from 2026-05-01; DTE_v10.xsd, Transporte.
    """
    journey = draft.transport or _NOBODY
    if (journey.driver is None) != (not journey.driver_name):
        refuse("driver_incomplete", "Del chofer van el RUT y el nombre, los dos.")
    if not rules.transport_is_required(draft.issue_date):
        return
    receiver = draft.receiver
    own = journey.address and journey.commune
    if not own and not (receiver.address and receiver.commune):
        refuse(
            "transport_without_destination",
            "Falta la dirección y comuna adonde van los bienes.",
        )
    if journey.carrier is None:
        refuse("transport_without_carrier", "Falta el RUT de quien transporta los bienes.")
    if journey.driver is None:
        refuse("transport_without_driver", "Falta el RUT y el nombre del chofer.")
    if not journey.plate:
        refuse("transport_without_plate", "Falta la patente del vehículo.")
