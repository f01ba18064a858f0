"""Steps of the ledger's schema, oldest first; every step only adds."""
