"""Threads and bytes of printers, drawers and scanners; no Qt."""
