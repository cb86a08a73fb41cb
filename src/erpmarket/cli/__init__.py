"""The front desk: start the whole shop on one machine and keep it running.

Knows no Django: it finds and runs PostgreSQL (`postgres`), prepares its roles (`roles`) and watches
the programs of the shop (`up`). Everything else is a child process that gets its settings from the
environment, the same way as under compose.
"""
