"""Codes from pictures: several decoders, and a proof before any text is believed."""

from __future__ import annotations
