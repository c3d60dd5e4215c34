"""The command line: `ccip`. One file per noun; `main` puts them together, and every import that costs waits for its use."""

import os

# Options are parsed with pydantic, which otherwise reads the metadata of every installed package for plugins first.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
