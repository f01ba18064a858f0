"""How tills and the hub keep each other informed."""
