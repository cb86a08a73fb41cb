"""The demo shops: what a minimarket of Maipú sells, who works there, and a month of its past.

Lists: `catalogue` reads the products of a shop (about 600 for Doña Rosa, 40 for El Vecino) from the
semicolon files beside it, `people` holds companies, users, customers and suppliers.
Plans, pure and seeded: `shopping` (customers), `restocking` (orders to suppliers).
Deeds, through the rooms' own actions: `founding`, `history` (day by day), `sending` (to the
simulated SII, `sii`); `make` orders them; then `handout` (demo.json) and `agents` (tills).
"""
