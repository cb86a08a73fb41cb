"""Benchmarks: each measures ours beside its floor in one run; prints a table and JSON lines.

`python -m bench` runs them; machines are noisy, so read the ratios, not the absolute speeds.
"""
