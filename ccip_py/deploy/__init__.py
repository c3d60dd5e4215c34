"""From nothing to a working network: compile, plan, apply, verify.

    deploy_network(config, progress=print)   a network from a configuration, verified; `deploy` for async code
    devnet_config([url, url])                the configuration of the network that devnets and tests run

The names below are loaded when first used, so that compiling does not pay for what deploying needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccip_py.deploy.config import NetworkConfig
    from ccip_py.deploy.devnet import devnet_config
    from ccip_py.deploy.network import deploy, deploy_network, verify_network

__all__ = ["NetworkConfig", "deploy", "deploy_network", "devnet_config", "verify_network"]

_HOME = {
    "NetworkConfig": "config",
    "deploy": "network",
    "deploy_network": "network",
    "devnet_config": "devnet",
    "verify_network": "network",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
