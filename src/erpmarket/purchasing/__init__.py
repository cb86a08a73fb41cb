"""What is bought and from whom. Owns Supplier, Receipt, ReceiptLine; verb: `receive_purchase`."""
