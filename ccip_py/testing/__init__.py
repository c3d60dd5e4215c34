"""Networks, faults and builders for tests: our users' and ours.

`from ccip_py.testing import Stage, open_sandbox`; the pytest plugin is `ccip_py.testing.plugin`. Names are loaded when they are
first used: being imported by every pytest run must cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccip_py.protocol.journey import Stage
    from ccip_py.testing.sandbox import MessageFailed, Sandbox, Stuck, open_sandbox

__all__ = ["MessageFailed", "Sandbox", "Stage", "Stuck", "open_sandbox"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("ccip_py.testing.sandbox"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
