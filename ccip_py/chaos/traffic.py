"""Messages in bulk: mixed sizes, mixed tokens, and, where a run wants them, receivers that misbehave.

Transactions are handed to Anvil unsigned, from accounts that it unlocks: the load should cost the chain, not us.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ccip_py.audit.events import Sent
from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.chaos import receivers, strangers
from ccip_py.devnet.anvil import Anvil
from ccip_py.devnet.network import Network
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage, TokenAmount
from ccip_py.sdk.send import APPROVE

ETHER = 10**18
FEE_WEI = ETHER // 100  # more than any message costs here; the Router gives the rest back
GAS = 700_000
MAX_FEE_WEI = 2_000 * 10**9  # above every spike of the base fee that a nemesis makes
ALL = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of message. `weight` is how often it is chosen, against the others'."""

    name: str
    weight: float
    receiver: str  # a name among the destination's receivers; "user": an account without code
    data_bytes: int = 0
    tokens: tuple[tuple[str, int], ...] = ()  # symbol, smallest units
    gas_limit: int = 0
    ordered: bool = False
    hostile: bool = False
    harm: str = ""  # of a stranger's token, see strangers.py


MIXED = (
    Recipe("32 bytes", 50, "idle", 32, gas_limit=50_000),
    Recipe("256 bytes", 15, "idle", 256, gas_limit=50_000),
    Recipe("1 kB", 5, "idle", 1_024, gas_limit=50_000),
    Recipe("burn-mint token", 15, "user", tokens=(("BMT", 10**12),)),
    Recipe("lock-release token", 10, "user", tokens=(("LRT", 10**12),)),
    Recipe("two tokens and data", 5, "idle", 32, (("BMT", 10**12), ("LRT", 10**12)), gas_limit=50_000),
)


class Traffic:
    """Sends on the lanes of one network, repeatably under a seed."""

    def __init__(self, network: Network, recipes: Sequence[Recipe] = MIXED, seed: int = 1) -> None:
        self.network = network
        self.handed_over = 0
        self._random = random.Random(seed)
        self._recipes = tuple(recipes)
        self._weights = [recipe.weight for recipe in recipes]
        self._endpoints = {chain.name: Endpoint(chain.rpc_url) for chain in network.deployment.chains}
        self._receivers: dict[tuple[str, str], Address] = {}
        self._senders = [str(account.address) for account in network.users[:3]]
        self._calls: dict[tuple[str, str, Recipe], str] = {}
        self._strange = strangers.install(network) if any(recipe.harm for recipe in recipes) else {}
        for chain in network.deployment.chains:
            self.receiver(chain.name, "user", Address(bytes.fromhex(network.users[3].address[2:])))
            for name in {recipe.receiver for recipe in recipes} & receivers.BODIES.keys():
                self.receiver(chain.name, name, receivers.deploy(network, chain.name, receivers.BODIES[name]))

    def receiver(self, chain: str, name: str, address: Address) -> None:
        """Say who a recipe means by a name on that chain."""
        self._receivers[chain, name] = address

    def prepare(self) -> None:
        """Let the Router take the senders' tokens, and give them the coin to pay with."""
        for chain in self.network.deployment.chains:
            anvil = self.network.anvils[chain.name]
            calls: list[Call] = []
            for sender in self._senders:
                anvil.set_balance(sender, 10**6 * ETHER)
                for token in chain.tokens:
                    data = "0x" + APPROVE.calldata(chain.router, ALL).hex()
                    to = codec.checksum(token.address)
                    calls.append(("eth_sendTransaction", [{"from": sender, "to": to, "data": data}]))
            hashes = [self._endpoints[chain.name].ask(method, *parameters) for method, parameters in calls]
            mined = partial(_mined, anvil, hashes[-1])
            self.network.wait_until(f"approvals on {chain.name} are mined", mined)

    def send(self, source: str, destination: str, count: int) -> int:
        """Hand over so many messages, and don't wait for them; how many the chain took."""
        return self.hand_over(source, self.transactions(source, destination, count))

    def transactions(self, source: str, destination: str, count: int) -> list[dict[str, str]]:
        """So many sends, as the node takes them."""
        chosen = self._random.choices(self._recipes, self._weights, k=count)
        router = codec.checksum(self.network.chain(source).router)
        return [
            {
                "from": self._random.choice(self._senders),
                "to": router,
                "data": self._call(source, destination, recipe),
                "value": hex(FEE_WEI),
                "gas": hex(GAS),
                "maxFeePerGas": hex(MAX_FEE_WEI),
                "maxPriorityFeePerGas": hex(10**9),
            }
            for recipe in chosen
        ]

    def hand_over(self, source: str, transactions: Sequence[dict[str, str]]) -> int:
        """Give sends to the chain. The node works on a batch in any order, so each gets its nonce here."""
        endpoint = self._endpoints[source]
        asked: list[Call] = [("eth_getTransactionCount", [sender, "pending"]) for sender in self._senders]
        nonces = dict(zip(self._senders, (int(each, 16) for each in endpoint.batch(asked)), strict=True))
        calls: list[Call] = []
        for transaction in transactions:
            sender = transaction["from"]
            calls.append(("eth_sendTransaction", [{**transaction, "nonce": hex(nonces[sender])}]))
            nonces[sender] += 1
        answers = endpoint.batch(calls)
        taken = sum(not isinstance(answer, EndpointError) for answer in answers)
        self.handed_over += taken
        return taken

    def harm(self, destination: str, sent: Sent) -> str:
        """What is hostile about a message on its way there; empty if nothing is."""
        for name in receivers.HOSTILE:
            if sent.receiver == self._receivers.get((destination, name)):
                return f"{name}, with a token" if sent.tokens else name
        ends = {token: name.partition("@")[0] for (_, name), token in self._strange.items()}
        return next((ends[token] for token, _ in sent.tokens if token in ends), "")

    def close(self) -> None:
        """Close the connections."""
        for endpoint in self._endpoints.values():
            endpoint.__exit__(None, None, None)

    def _call(self, source: str, destination: str, recipe: Recipe) -> str:
        key = (source, destination, recipe)
        if key not in self._calls:
            message = OutgoingMessage(
                receiver=codec.address_to_word(self._receivers[destination, recipe.receiver]),
                data=b"\x5a" * recipe.data_bytes,
                token_amounts=self._tokens(source, destination, recipe),
                fee_token=Address(bytes(20)),
                extra_args=codec.encode_extra_args(ExtraArgs(recipe.gas_limit, not recipe.ordered)),
            )
            selector = self.network.chain(destination).selector
            self._calls[key] = "0x" + codec.ccip_send_call(selector, message).hex()
        return self._calls[key]

    def _tokens(self, source: str, destination: str, recipe: Recipe) -> tuple[TokenAmount, ...]:
        if recipe.harm:
            token = self._strange[source, f"{recipe.harm}@{destination}"]
            return (TokenAmount(Address(token), strangers.AMOUNT),)
        here = self.network.chain(source)
        return tuple(TokenAmount(here.token(symbol).address, amount) for symbol, amount in recipe.tokens)


def _mined(anvil: Anvil, transaction: str) -> bool:
    return anvil.rpc("eth_getTransactionReceipt", transaction) is not None
