"""The few lines of `deployment.json` that an audit starts from. Everything else it finds on the chains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.audit.history import Token


class BadDeployment(Exception):
    """The file can't be read, or lacks something. The message says what."""


@dataclass(frozen=True, slots=True)
class Site:
    """One chain, as the operator describes it."""

    name: str
    selector: int
    chain_id: int
    rpc_url: str
    finality: str | int  # a block tag, or how many blocks below the head
    start_block: int
    router: bytes
    rmn: bytes
    rmn_proxy: bytes
    fee_quoter: bytes
    registry: bytes
    fee_tokens: frozenset[bytes]
    tokens: dict[bytes, Token]
    pools: dict[bytes, bytes]  # pool → token


def load_sites(source: Path | str | Mapping[str, Any], urls: Mapping[str, str] | None = None) -> list[Site]:
    """From a file, or from what was in it. `urls` replaces RPC URLs by the chain's name."""
    try:
        raw = (
            json.loads(Path(source).read_text(encoding="utf-8"))
            if not isinstance(source, Mapping)
            else source
        )
        sites = [_site(chain, dict(urls or {})) for chain in raw["chains"]]
    except OSError as error:
        raise BadDeployment(f"cannot read the deployment {source}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BadDeployment(f"the deployment {source} lacks or garbles {error}") from error
    unknown = set(urls or {}) - {site.name for site in sites}
    if unknown:
        raise BadDeployment(f"the deployment has no chain named {', '.join(sorted(unknown))}")
    return sites


def _site(chain: Mapping[str, Any], urls: dict[str, str]) -> Site:
    tokens = {
        _address(token["address"]): Token(
            token["symbol"], _address(token["address"]), int(token["decimals"]), token["kind"] == "burn_mint"
        )
        for token in chain["tokens"]
    }
    finality = chain["finality"]
    return Site(
        name=chain["name"],
        selector=int(chain["selector"]),
        chain_id=int(chain["chain_id"]),
        rpc_url=urls.get(chain["name"], chain["rpc_url"]),
        finality=finality if isinstance(finality, str) else int(finality),
        start_block=int(chain["start_block"]),
        router=_address(chain["router"]),
        rmn=_address(chain["rmn"]),
        rmn_proxy=_address(chain["rmn_proxy"]),
        fee_quoter=_address(chain["fee_quoter"]),
        registry=_address(chain["token_admin_registry"]),
        fee_tokens=frozenset({_address(chain["link"]), _address(chain["wrapped_native"])}),
        tokens=tokens,
        pools={_address(token["pool"]): _address(token["address"]) for token in chain["tokens"]},
    )


def _address(text: str) -> bytes:
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"{text!r}, which is no address")
    return raw
