"""A complete CCIP network for people who work in Python and Solidity.

    from ccip_py import Ccip, AsyncCcip

Importing this package loads none of its parts, so that the risk monitor, which must share no code with the
rest, can live inside it; the clients are loaded when they are first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccip_py.sdk.client import AsyncCcip, Ccip

__version__ = "0.1.0"
__all__ = ["AsyncCcip", "Ccip", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("AsyncCcip", "Ccip"):
        return getattr(import_module("ccip_py.sdk.client"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
