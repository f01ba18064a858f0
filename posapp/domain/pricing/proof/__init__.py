"""Certificates, and the checker that needs no solver."""
