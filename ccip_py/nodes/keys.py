"""A development key, for a node on local chains and nowhere else.

Every other key of a node comes from an encrypted keystore (`ccip_py.chains.evm.keys`).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import anyio

from ccip_py.chains.bounded_json import parse_json
from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS, KeySigner, dev_key
from ccip_py.chains.http import Http, HttpFault
from ccip_py.errors import ConfigError, EndpointDown

from .log import Log

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PROBE_TIMEOUT = 5.0  # seconds
_PROBE_LIMIT = 64 * 1024  # bytes
_ASK_AGAIN_S = 1.0


async def patient_dev_signer(index: int, chain_id: int, url: str, log: Log) -> KeySigner:
    """`dev_signer` for one chain, which is waited for if it does not answer yet: a node outlives that later on, too."""
    while True:
        try:
            return await dev_signer(index, {chain_id: url})
        except EndpointDown as down:
            log.warning("waiting for a chain", chain_id=chain_id, error=str(down))
            await anyio.sleep(_ASK_AGAIN_S)


async def dev_signer(index: int, rpc_urls: Mapping[int, str]) -> KeySigner:
    """The development key number `index`, once every chain it would be used on has proved to be local.

    `rpc_urls` maps chain id to URL. A chain is local if its id is a known development id, its URL is on
    loopback, and what answers there is Anvil with that very chain id.
    """
    for chain_id, url in rpc_urls.items():
        if chain_id not in LOCAL_CHAIN_IDS:
            raise _not_local(chain_id, url, "its chain id is not one of the development ids")
        if urlsplit(url).hostname not in _LOOPBACK:
            raise _not_local(chain_id, url, "its endpoint is not on loopback")
        if await _anvil_chain_id(url) != chain_id:
            raise _not_local(chain_id, url, "what answers there is not Anvil with this chain id")
    return KeySigner(dev_key(index))


def _not_local(chain_id: int, url: str, why: str) -> ConfigError:
    return ConfigError(
        f"a development key is refused on this chain: {why}",
        context={"chain_id": chain_id, "host": urlsplit(url).hostname},
        hint="use an encrypted keystore",
    )


async def _anvil_chain_id(url: str) -> int | None:
    """The chain id if Anvil answers at `url`, None if another node does. Raises EndpointDown if no node does: a chain
    that starts, or is overloaded behind a proxy, says nothing about what it is."""
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "anvil_nodeInfo", "params": []}'
    try:
        async with Http() as http:
            answer = await http.post(url, request, seconds=_PROBE_TIMEOUT, limit=_PROBE_LIMIT)
        if answer.status != HTTPStatus.OK:
            raise _down(url, f"HTTP status {answer.status}")
        said = parse_json(answer.body)
    except (HttpFault, ValueError) as fault:
        raise _down(url, str(fault)) from fault
    try:
        return int(said["result"]["environment"]["chainId"])
    except (ValueError, KeyError, TypeError):
        return None


def _down(url: str, why: str) -> EndpointDown:
    return EndpointDown("the chain did not answer", context={"host": urlsplit(url).hostname, "why": why})
