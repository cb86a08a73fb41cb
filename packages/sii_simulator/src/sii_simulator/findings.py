"""One objection of the SII: where, how grave, which code."""

from dataclasses import dataclass

REJECT = 3
REMARK = 2
LIGHT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An objection as the status answer shows it; level 3 rejects, 2 is a remark, 1 a light one."""

    section: str
    level: int
    code: int
    text: str
    detail: str = ""
    line: int = 0


def state_of(findings: tuple[Finding, ...]) -> str:
    """Tell a document's state from its objections: RCH, RPR, RLV or DOK."""
    if any(finding.level >= REJECT for finding in findings):
        return "RCH"
    if any(finding.level == REMARK for finding in findings):
        return "RPR"
    return "RLV" if findings else "DOK"
