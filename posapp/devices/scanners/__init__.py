"""Scanners: devices that hand over codes as texts, each read by a thread of its own.

Serial lines, HID-POS and keyboards that are kept for codes alone; what a code means is not known here.
"""
