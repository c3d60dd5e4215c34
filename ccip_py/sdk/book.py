"""Who is where: the names and selectors that callers use, resolved to chains, lanes and contracts."""

from __future__ import annotations

from typing import TypeAlias

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.errors import UnknownLane
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.lane import Lane

ChainRef: TypeAlias = str | int  # a chain's name in the deployment, or its selector


class Book:
    """Looks things up in a deployment, and says what there is when something is not."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def chain(self, ref: ChainRef) -> ChainDeployment:
        """The chain of that name or selector. A chain id is neither, and is told so."""
        for chain in self.deployment.chains:
            if ref in (chain.name, chain.selector):
                return chain
        known = ", ".join(f"{chain.name} (selector {chain.selector})" for chain in self.deployment.chains)
        by_id = [chain for chain in self.deployment.chains if chain.chain_id == ref]
        hint = f"known chains: {known}"
        if by_id:
            hint = f"{ref} is a chain id; its selector is {by_id[0].selector}"
        raise UnknownLane(f"no chain {ref!r} in this deployment", code="UNKNOWN_CHAIN", hint=hint)

    def lane(self, source: ChainRef, destination: ChainRef) -> Lane:
        """The lane between two chains."""
        return self.deployment.lane(self.chain(source).selector, self.chain(destination).selector).lane()

    def first_block(self, lane: Lane) -> int:
        """The destination block below which the lane has no history."""
        return self.deployment.lane(lane.source, lane.destination).off_ramp_block

    def router(self, chain: ChainSelector) -> Address:
        return self.deployment.chain(chain).router

    def rmn(self, chain: ChainSelector) -> Address:
        return self.deployment.chain(chain).rmn

    def token(self, chain: ChainRef, token: str) -> str:
        """A token's address, from its symbol in the deployment or from the address itself."""
        place = self.chain(chain)
        if token.startswith("0x"):
            return token
        if token.upper() == "LINK":
            return checksum(place.link)
        return checksum(place.token(token).address)
