"""A printer that keeps the bytes it is given."""

from till_agent.printers import NotSent, PrinterState


class DummyPrinter:
    """Collects each paper in `papers`; set `condition` to make it refuse."""

    def __init__(self) -> None:
        self.papers: list[bytes] = []
        self.condition = PrinterState.READY

    def state(self) -> PrinterState:
        return self.condition

    def send(self, content: bytes) -> None:
        if not self.condition.can_print:
            raise NotSent(self.condition)
        self.papers.append(content)
