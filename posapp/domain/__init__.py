"""Nouns and arithmetic of a shop; standard library only."""
