"""Development keys stay on local chains."""

from __future__ import annotations

import pytest

from ccip_py.errors import ConfigError
from ccip_py.nodes.keys import dev_signer


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("chain_id", "url", "why"),
    [
        (1, "http://127.0.0.1:1", "not one of the development ids"),
        (31337, "http://rpc.example:8545", "not on loopback"),
    ],
)
async def test_a_development_key_is_refused_off_local_chains(chain_id: int, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        await dev_signer(0, {chain_id: url})
