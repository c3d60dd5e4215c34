"""A complete CCIP network for people who work in Python and Solidity.

    from ccip_py import Ccip, AsyncCcip, Stage       the clients, and the stages of a message
    from ccip_py import keystore, development        who signs; any account of eth-account does too
    from ccip_py.errors import CcipError             what they raise

Importing this package loads none of its parts, so that the risk monitor, which must share no code with the
rest, can live inside it; names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccip_py.protocol.journey import Stage
    from ccip_py.sdk.client import AsyncCcip, Ccip
    from ccip_py.sdk.signers import development, keystore

__version__ = "0.1.0"
__all__ = ["AsyncCcip", "Ccip", "Stage", "__version__", "development", "keystore"]

_HOMES = {
    "AsyncCcip": "sdk.client",
    "Ccip": "sdk.client",
    "Stage": "protocol.journey",
    "development": "sdk.signers",
    "keystore": "sdk.signers",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
