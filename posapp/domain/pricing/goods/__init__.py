"""What a promotion can see of a basket: its goods, its gates, its taxes, and amounts shared over units."""
