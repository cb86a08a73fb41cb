"""What the shop sells, and at what price.

Owns Category, Product, Barcode. `barcodes` knows EAN check digits; public verbs: `create_category`,
`create_product`, `change_price`. Prices are gross pesos (IVA included).
"""
