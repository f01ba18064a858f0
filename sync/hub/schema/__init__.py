"""The hub's tables as SQLAlchemy sees them; every key starts with the store."""
