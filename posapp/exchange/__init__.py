"""The translation desk between facts of the till and envelopes on the wire."""
