"""The painted parts that screens are put together from."""
