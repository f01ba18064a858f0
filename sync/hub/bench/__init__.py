"""What the hub is measured by; each bench prints figures, the baselines beside them and aims."""

from __future__ import annotations
