"""A basket priced, explained, and given back."""
