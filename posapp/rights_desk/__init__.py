"""Asking the hub for members' rights: every question is answered in time, whatever becomes of the network."""
