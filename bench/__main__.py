"""Run the benchmark of a sale; `python -m bench.dte` is that of the fiscal library."""

from bench import sale

if __name__ == "__main__":
    sale.main()
