"""Promotions and policies read from documents, with a sentence for everything that cannot be read."""
