"""Files of products, prices and stock: read, understood, compared, written. No database writes."""
