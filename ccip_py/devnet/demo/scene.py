"""The applications of the demonstration, one set on each chain, and the messages a user sends to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount

from ccip_py.devnet.demo.report import Journey
from ccip_py.devnet.network import Network
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address
from ccip_py.sdk.evm import as_address
from ccip_py.sdk.send import balance_of
from ccip_py.sdk.types import SentMessage

UNIT = 10**18


@dataclass(frozen=True, slots=True)
class Applications:
    """What is deployed on one chain for the demonstration."""

    inbox: Address
    greedy_inbox: Address
    vault: Address
    depositor: Address


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that messages are sent to."""

    network: Network
    on: dict[str, Applications]
    beneficiary: str

    DEPOSIT = 7 * UNIT

    @classmethod
    def build(cls, network: Network) -> Scene:
        """Deploy the applications on both chains."""
        on = {}
        for chain in network.deployment.chains:
            router = chain.router
            vault = network.deploy(chain.name, "Vault", chain.token("BMT").address)
            on[chain.name] = Applications(
                inbox=network.deploy(chain.name, "Inbox", router),
                greedy_inbox=network.deploy(chain.name, "GreedyInbox", router),
                vault=vault,
                depositor=network.deploy(chain.name, "VaultDepositor", router, vault),
            )
        return cls(network, on, network.user.address)

    def deposited_on(self, chain: str) -> int:
        """Vault shares of the user, who never called the vault himself."""
        place = self.network.deployment.chain_named(chain)
        flow = balance_of(place.selector, self.on[chain].vault, as_address(self.beneficiary))
        return self.network.ccip.driver.run(flow)

    def send_each_kind(self) -> list[Journey]:
        """Data, two kinds of token, and a token with instructions, both ways: each from an account of its own."""
        ways = (("a", "b"), ("b", "a"))
        with ThreadPoolExecutor() as pool:
            jobs = [pool.submit(send) for way in ways for send in self._each_kind(*way)]
            return [job.result() for job in jobs]

    def _each_kind(self, source: str, destination: str) -> list[Callable[[], Journey]]:
        there = self.on[destination]
        instructions = encode(["address", "uint256"], [self.beneficiary, self.DEPOSIT])
        way = (source, destination)
        users = self.network.users
        return [
            lambda: self._send(users[0], "data", *way, there.inbox, data=b"hello", gas_limit=200_000),
            lambda: self._send(
                users[1], "burn-mint token", *way, self.beneficiary, tokens=[("BMT", 3 * UNIT)]
            ),
            lambda: self._send(
                users[2],
                "lock-release token",
                *way,
                self.beneficiary,
                tokens=[("LRT", 2 * UNIT)],
                fee_token="LINK",
            ),
            lambda: self._send(
                users[3],
                "token with instructions",
                *way,
                there.depositor,
                data=instructions,
                tokens=[("BMT", self.DEPOSIT)],
                gas_limit=400_000,
                fee_token="LINK",
            ),
        ]

    def send_with_too_little_gas(self, source: str, destination: str) -> Journey:
        """A message to a receiver that wants more gas than it is given."""
        receiver = self.on[destination].greedy_inbox
        return self._send(
            self.network.user,
            "greedy receiver",
            source,
            destination,
            receiver,
            data=b"feed me",
            gas_limit=100_000,
        )

    def send_data(self, label: str, source: str, destination: str) -> Journey:
        """An ordinary message."""
        receiver = self.on[destination].inbox
        return self._send(
            self.network.user, label, source, destination, receiver, data=b"honest", gas_limit=200_000
        )

    def _send(
        self,
        signer: LocalAccount,
        label: str,
        source: str,
        destination: str,
        receiver: Address | str,
        *,
        data: bytes = b"",
        tokens: list[tuple[str, int]] | None = None,
        fee_token: str | None = None,
        gas_limit: int = 0,
    ) -> Journey:
        sent = self.network.ccip.send(
            source,
            destination,
            receiver if isinstance(receiver, str) else checksum(receiver),
            signer=signer,
            data=data,
            tokens=tokens or [],
            fee_token=fee_token,
            gas_limit=gas_limit,
            out_of_order=True,
        )
        return Journey(label, f"{source}→{destination}", sent, _fee(sent, fee_token), time.monotonic())


def _fee(sent: SentMessage, fee_token: str | None) -> str:
    return f"{sent.fee / UNIT:.6f} {fee_token or 'native'}"
