"""Members and their rights: who is at the till, what may be used now, and what that can cost at worst."""
