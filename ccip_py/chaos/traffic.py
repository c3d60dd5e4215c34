"""Messages in bulk: mixed sizes, mixed tokens, and, where a run wants them, receivers that misbehave.

Transactions are signed here, which takes 0.05 ms for each: Anvil would need 0.25 ms, on the bill of the chain.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ccip_py.audit.events import Sent
from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chains.evm.transactions import Transaction, sign
from ccip_py.chaos import receivers, strangers
from ccip_py.deploy import devnet as roles
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
    """Sends on the lanes of one network. The seed decides the sequence of messages and senders, not in which blocks they are."""

    def __init__(self, network: Network, recipes: Sequence[Recipe] = MIXED, seed: int = 1) -> None:
        self.network = network
        self.handed_over = 0
        self._random = random.Random(seed)
        self._recipes = tuple(recipes)
        self._weights = [recipe.weight for recipe in recipes]
        self._endpoints = {chain.name: Endpoint(chain.rpc_url) for chain in network.deployment.chains}
        self._receivers: dict[tuple[str, str], Address] = {}
        self._keys = {codec.checksum(key.address): key for key in map(_key, roles.USERS[:3])}
        self._calls: dict[tuple[str, str, Recipe], bytes] = {}
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
            for sender in self._keys:
                anvil.set_balance(sender, 10**6 * ETHER)
                for token in chain.tokens:
                    data = "0x" + APPROVE.calldata(chain.router, ALL).hex()
                    to = codec.checksum(token.address)
                    calls.append(("eth_sendTransaction", [{"from": sender, "to": to, "data": data}]))
            hashes = [self._endpoints[chain.name].ask(method, *parameters) for method, parameters in calls]
            mined = partial(_mined, anvil, hashes[-1])
            self.network.wait_until(f"approvals on {chain.name} are mined", mined)

    def send(self, source: str, destination: str, count: int) -> int:
        """Hand over so many messages, and don't wait for them; how many the chain took. The node works on a batch in any
        order, so each gets its nonce here."""
        endpoint, senders = self._endpoints[source], list(self._keys)
        asked: list[Call] = [("eth_getTransactionCount", [sender, "pending"]) for sender in senders]
        nonces = dict(zip(senders, (int(each, 16) for each in endpoint.batch(asked)), strict=True))
        calls: list[Call] = []
        for recipe in self._random.choices(self._recipes, self._weights, k=count):
            sender = self._random.choice(senders)
            transaction = self._transaction(source, destination, recipe, nonces[sender])
            calls.append(("eth_sendRawTransaction", ["0x" + sign(transaction, self._keys[sender]).raw.hex()]))
            nonces[sender] += 1
        taken = sum(not isinstance(answer, EndpointError) for answer in endpoint.batch(calls))
        self.handed_over += taken
        return taken

    def _transaction(self, source: str, destination: str, recipe: Recipe, nonce: int) -> Transaction:
        chain = self.network.chain(source)
        return Transaction(
            chain_id=chain.chain_id,
            nonce=nonce,
            max_priority_fee=10**9,
            max_fee=MAX_FEE_WEI,
            gas_limit=GAS,
            to=chain.router,
            value=FEE_WEI,
            data=self._call(source, destination, recipe),
        )

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

    def _call(self, source: str, destination: str, recipe: Recipe) -> bytes:
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
            self._calls[key] = codec.ccip_send_call(selector, message)
        return self._calls[key]

    def _tokens(self, source: str, destination: str, recipe: Recipe) -> tuple[TokenAmount, ...]:
        if recipe.harm:
            token = self._strange[source, f"{recipe.harm}@{destination}"]
            return (TokenAmount(Address(token), strangers.AMOUNT),)
        here = self.network.chain(source)
        return tuple(TokenAmount(here.token(symbol).address, amount) for symbol, amount in recipe.tokens)


def _key(index: int) -> KeySigner:
    return KeySigner(dev_key(index))


def _mined(anvil: Anvil, transaction: str) -> bool:
    return anvil.rpc("eth_getTransactionReceipt", transaction) is not None
