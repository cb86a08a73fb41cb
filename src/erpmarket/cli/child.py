"""Become the command of the arguments, but die with the parent: `child.py PARENT COMMAND…`.

Run by path and without site packages, so that it costs a few milliseconds. On Linux the kernel
sends SIGTERM when the parent is gone, however it went; elsewhere the next start finds the rest.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, make sure that the parent still lives, become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have died before the line above.
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - a command of the supervisor, no shell


if __name__ == "__main__":
    main()
