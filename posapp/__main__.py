"""`python -m posapp` is `posapp`."""

import sys

from posapp.main import cli

sys.exit(cli())
