"""`python -m sync.hub.commands`."""

from __future__ import annotations

import sys

from sync.hub.commands import cli

if __name__ == "__main__":
    sys.exit(cli())
