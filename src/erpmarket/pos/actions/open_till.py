"""Put up a till."""

from erpmarket.pos.models import Till


def open_till(
    *,
    branch_id: int,
    warehouse_id: int,
    name: str,
    paper_mm: int = 80,
    agent_url: str = "",
    agent_token: str = "",
) -> Till:
    """Add a till that sells from a warehouse and prints through an agent."""
    till: Till = Till.objects.create(
        branch_id=branch_id,
        warehouse_id=warehouse_id,
        name=name,
        paper_mm=paper_mm,
        agent_url=agent_url,
        agent_token=agent_token,
    )
    return till


def set_agent(*, till_id: int, agent_url: str, agent_token: str) -> None:
    """Tell a till where its agent listens."""
    Till.objects.filter(id=till_id).update(agent_url=agent_url, agent_token=agent_token)


def set_card_boleta(*, till_id: int, card_is_boleta: bool) -> None:
    """Say whether the voucher of a till's card terminal is the boleta of what the card pays."""
    Till.objects.filter(id=till_id).update(card_is_boleta=card_is_boleta)
