"""Run by test_wheel.py in an environment that holds the wheel only: deploy to the two given URLs, start nodes, send.

Prints one line of JSON: what was reached, and where everything was taken from.
"""

import json
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import ccip_py
from ccip_py.deploy import deploy_network, devnet_config
from ccip_py.deploy.devnet import COMMITTERS
from ccip_py.deploy.keys import dev_account
from ccip_py.devnet.hosting import Host
from ccip_py.devnet.node_mains import NodeMains, free_ports
from ccip_py.sdk.client import Ccip


def main(urls: list[str]) -> None:
    deployment = deploy_network(devnet_config(urls))
    user = dev_account(0)
    with tempfile.TemporaryDirectory() as folder, Host() as host, Ccip(deployment) as ccip:
        mains = NodeMains(deployment, Path(folder), free_ports(4))
        for main_of, count in ((mains.committer, len(COMMITTERS)), (mains.monitor, 4), (mains.executor, 1)):
            for index in range(count):
                host.add(f"{main_of.__name__} {index}", lambda run=main_of, i=index: run(i)).start()
        sent = ccip.send(
            "a", "b", user.address, signer=user, tokens=[("BMT", 1)], gas_limit=0, out_of_order=True
        )
        stages = [reached.stage.name for reached in ccip.track(sent)]
    print(json.dumps({"stages": stages, **surroundings()}))


def surroundings() -> dict[str, object]:
    """What this process found and loaded, the standard library left out."""
    places = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    standard = ("", __file__, *(place for place in places if place.startswith(sysconfig.get_path("stdlib"))))
    return {
        "package": ccip_py.__file__,
        "tools": {tool: shutil.which(tool) for tool in ("node", "solc", "anvil", "forge")},
        "modules": sorted(places - set(standard)),
    }


main(sys.argv[1:])
