"""What the agent refuses, and why: every expected error is an `AgentError`."""


class AgentError(Exception):
    """Base of every expected refusal.

    `code` is stable and meant for programs; `message` is Spanish and says what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
