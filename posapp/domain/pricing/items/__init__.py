"""The price layer and the item layer: which units go together, found exactly."""
