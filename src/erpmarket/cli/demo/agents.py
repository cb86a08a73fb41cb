"""Where the tills' agent listens: it moves when somebody starts the shop on other ports."""

import os
from collections.abc import Mapping
from pathlib import Path

from erpmarket.cli.demo.founding import Agent, find_company
from erpmarket.cli.demo.people import demo_companies
from erpmarket.pos.actions.open_till import set_agent
from erpmarket.pos.models import Till
from erpmarket.tenancy.scope import company_scope

# A till whose agent somebody put on another machine is left alone.
_THIS_MACHINE = ("http://127.0.0.1:", "http://localhost:")


def read_agent(environment: Mapping[str, str] = os.environ) -> Agent:
    """Read address and token from ERP_AGENT_URL and ERP_AGENT_TOKEN_FILE; empty without them."""
    url, token_file = environment.get("ERP_AGENT_URL"), environment.get("ERP_AGENT_TOKEN_FILE")
    if not url or not token_file:
        return Agent()
    return Agent(url=url, token=Path(token_file).read_text(encoding="utf-8").strip())


def refresh_agents(agent: Agent) -> int:
    """Tell the demo's tills where the agent is now; return how many did not know it."""
    changed = 0
    for company in demo_companies():
        company_id = find_company(company)
        if company_id is None:
            continue
        with company_scope(company_id):
            for till in Till.objects.order_by("id"):
                is_ours = not till.agent_url or till.agent_url.startswith(_THIS_MACHINE)
                if is_ours and (till.agent_url, till.agent_token) != (agent.url, agent.token):
                    set_agent(till_id=till.id, agent_url=agent.url, agent_token=agent.token)
                    changed += 1
    return changed
