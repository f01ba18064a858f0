"""Who may do what next: deterministic rules from an intent to a new state, a view and effects."""
