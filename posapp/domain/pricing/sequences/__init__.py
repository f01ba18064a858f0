"""The declared policies of other systems: promotions one after the other."""
