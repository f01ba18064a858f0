"""Steps of the hub's schema; additive only."""
