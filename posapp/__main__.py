"""`python -m posapp` is `posapp`."""

from __future__ import annotations

import sys

from posapp.main import cli

sys.exit(cli())
