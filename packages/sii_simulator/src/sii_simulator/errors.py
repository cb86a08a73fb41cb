"""What the simulator refuses, with a stable code and a Spanish sentence."""


class SimulatorError(Exception):
    """Base of the simulator's refusals; `code` is stable, `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BadOrder(SimulatorError):
    """Refuse an order to the CAF office (wrong RUT, kind, quantity or dates)."""
