"""`python -m ccip_py.cli`, for where the console script is not on the path."""

from ccip_py.cli.main import run

run()
