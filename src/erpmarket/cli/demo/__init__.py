"""The demo shops: what a neighbourhood minimarket of Maipú sells, and who works there.

`catalogue` reads the products of a shop (about 600 for Doña Rosa, 40 for El Vecino) from the
semicolon files beside it, which a spreadsheet opens as they are; `people` holds the companies,
users, customers and suppliers. Nothing here touches the database.
"""
