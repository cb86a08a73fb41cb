"""Benchmarks: each measures ours beside its floor in one run; prints a table and JSON lines.

`python -m bench` times a sale, `python -m bench.dte` the fiscal library. Machines are noisy, so
read the ratios, not the absolute speeds.
"""
