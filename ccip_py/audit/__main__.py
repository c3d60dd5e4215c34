"""`python -m ccip_py.audit`."""

import sys

from ccip_py.audit.main import main

sys.exit(main())
