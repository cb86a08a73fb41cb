"""People the shop knows by name. Owns Customer; the credit notebook is to live here too."""
