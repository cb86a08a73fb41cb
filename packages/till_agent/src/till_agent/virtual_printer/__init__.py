"""A thermal printer made of software: it understands what the agent sends and shows the roll.

Tour: `interpreter` reads ESC/POS bytes, split anywhere; `roll` draws one dot per pixel; `device`
listens on TCP, with faults to order; `page` shows the rolls to a person.
`VirtualPrinter` is the Python interface for tests; `python -m till_agent.virtual_printer` the
program for the demo shop.
"""

from till_agent.virtual_printer.device import Faults, VirtualPrinter
from till_agent.virtual_printer.interpreter import Event, Interpreter
from till_agent.virtual_printer.models import MODELS, Model
from till_agent.virtual_printer.roll import Roll

__all__ = ["MODELS", "Event", "Faults", "Interpreter", "Model", "Roll", "VirtualPrinter"]
