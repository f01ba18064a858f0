"""Prices and promotions: which combination is best for the customer, why, and how it is shared out."""
