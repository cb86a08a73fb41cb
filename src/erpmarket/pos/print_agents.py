"""The printers of the tills, for papers that other rooms print on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from erpmarket.pos.models import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintAgent:
    """Where the program answers that owns a till's printer, seen from the till's own machine."""

    till_id: int
    till_name: str
    url: str
    token: str = field(repr=False)
    paper_mm: int


def list_print_agents() -> Sequence[PrintAgent]:
    """List the company's tills that have a printer, by name."""
    rows = Till.objects.exclude(agent_url="").order_by("name", "id")
    return [
        PrintAgent(
            till_id=till.id,
            till_name=till.name,
            url=till.agent_url,
            token=till.agent_token,
            paper_mm=till.paper_mm,
        )
        for till in rows
    ]
