"""Master data of a shop: its set-up, goods, rules and stock."""
