"""What came up from the tills: stored once, in order, and never refused."""
