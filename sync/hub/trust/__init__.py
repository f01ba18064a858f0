"""Who may speak with the hub, and the keys by which tills know it."""
