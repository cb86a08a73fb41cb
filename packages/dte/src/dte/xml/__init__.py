"""XML in the SII's taste: write, read safely, canonicalise, validate."""
