"""Run a program with a clock that is wrong: `python -m tests.simulation.wrong_clock 45 django …`."""

import runpy
import sys
from datetime import datetime, timedelta

from erpmarket.common import clock

_right_now = clock.now


def main() -> None:
    """Set the clock of this process wrong by so many seconds and run the module that follows."""
    skew, module = timedelta(seconds=int(sys.argv[1])), sys.argv[2]

    def now() -> datetime:
        return _right_now() + skew

    # Before anybody takes the function as a default argument.
    vars(clock)["now"] = now
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
