"""What a till must know to sell by itself: `estado`, asked by every till every few seconds."""

from datetime import datetime
from typing import Final

from django.conf import settings

from erpmarket.accounts.queries import list_till_people
from erpmarket.catalog.price_lists import get_price_lists
from erpmarket.catalog.promotions import get_discount_limit
from erpmarket.catalog.queries import get_revision
from erpmarket.common.clock import local_date
from erpmarket.customers.queries import get_revision as get_customers_revision
from erpmarket.fiscal.actions.issue_nota import MAX_LINES
from erpmarket.fiscal.law import find_buyer_limit_clp
from erpmarket.fiscal.queries import count_folios_left, get_outbox_summary
from erpmarket.fiscal.receipts import till_look
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_queries import list_settled
from erpmarket.pos.models import Till
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.shift_queries import get_shift_rules
from erpmarket.pricing.amounts import hundredths

# What most people pay with: one tap each.
QUICK_NOTES_CLP: Final = (1000, 2000, 5000, 10_000, 20_000)


def till_body(till: Till) -> dict[str, object]:
    """Tell what a till is: its paper, its printer, how its shop sells."""
    company = till.branch.company
    agent = {"url": till.agent_url, "token": till.agent_token} if till.agent_url else None
    return {
        "id": till.id,
        "name": till.name,
        "paper_mm": till.paper_mm,
        "look": till_look(till.branch),
        "environment": company.environment,
        "shop": company.shop_name,
        "agent": agent,
        "card_is_boleta": till.card_is_boleta,
        "quick_notes": QUICK_NOTES_CLP,
        "factura_lines": MAX_LINES,
    }


def state_body(device: TillDevice, *, at: datetime) -> dict[str, object]:
    """Tell all that a till asks again and again; a fixed number of statements."""
    till = device.till
    today, revision = local_date(at), get_revision()
    branch_list = get_price_lists(revision).branches.get(till.branch_id)
    return {
        "till": {**till_body(till), "price_list": branch_list},
        "last_seq": device.last_seq,
        "catalogue_rev": revision,
        "customers_rev": get_customers_revision(),
        "people": [
            {
                "id": person.membership_id,
                "name": person.display_name,
                "pin": person.pin_hash,
                "verbs": person.verbs,
            }
            for person in list_till_people()
        ],
        "shift": _shift_body(till),
        "rules": {
            "approval_above_clp": get_shift_rules().approval_above_clp,
            # In hundredths, as the till counts percents.
            "discount_limit": hundredths(get_discount_limit()),
            "unkept_most": settings.TILL_UNKEPT_MOST,
            "buyer_above_clp": find_buyer_limit_clp(today),
        },
        "sii": _sii_body(at),
        "folios": {
            str(kind): left
            for kind, left in count_folios_left(till.branch.company.environment, on=today).items()
        },
        "settled": list_settled(device.id),
        "poll_s": settings.TILL_POLL_SECONDS,
    }


def _shift_body(till: Till) -> dict[str, object] | None:
    shift = find_open_shift(till.id)
    if shift is None:
        return None
    return {
        "uid": str(shift.uid),
        "opened_at": shift.opened_at.isoformat(),
        "cashier": {"id": shift.at_till_id, "name": shift.at_till.display_name},
    }


def _sii_body(at: datetime) -> dict[str, object]:
    outbox = get_outbox_summary()
    since = outbox.oldest_pending_at
    return {
        "pending": outbox.pending,
        "rejected": outbox.rejected,
        "oldest_pending_minutes": None
        if since is None
        else int((at - since).total_seconds() // 60),
    }
