"""Run every benchmark."""

from bench import sale

if __name__ == "__main__":
    sale.main()
