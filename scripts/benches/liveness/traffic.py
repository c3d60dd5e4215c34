"""Messages on one lane, and when they arrive, from the ramps' own events."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage
from ccip_py.sdk.evm import Function

FEE_WEI = 10**16  # more than a message costs; the Router gives the rest back
MAX_FEE_WEI = 5_000 * 10**9
POLL_S = 0.2
NEXT = Function("getExpectedNextSequenceNumber", (), ("uint64",))
STATE = Function("getExecutionState", ("uint64",), ("uint8",))
SUCCESS, FAILURE = 2, 3


class Traffic:
    """One lane of a network, from users that the chain signs for."""

    def __init__(self, network: Network, source: str = "a", destination: str = "b") -> None:
        self.network, self.source, self.destination = network, source, destination
        self.lane = network.lane(source, destination)
        self.inbox = network.deploy(destination, "Inbox", network.chain(destination).router)
        self._successes: dict[int, int] = {}
        self._seen_at: dict[int, float] = {}  # by this machine's clock, to the fraction of a second
        self._unread = 0  # the first block that was not looked at

    def _call(self, receiver: Address) -> str:
        message = OutgoingMessage(
            receiver=codec.address_to_word(receiver),
            data=b"\x5a" * 32,
            token_amounts=(),
            fee_token=Address(bytes(20)),
            extra_args=codec.encode_extra_args(ExtraArgs(200_000, True)),
        )
        return "0x" + codec.ccip_send_call(self.network.chain(self.destination).selector, message).hex()

    def send(self, count: int = 1, timeout: float = 60.0) -> Sequence[int]:
        """Send so many and wait until the chain took them, with an eye on what arrives; their numbers."""
        return self.send_to([self.inbox] * count, timeout)

    def send_to(self, receivers: Sequence[Address], timeout: float = 60.0) -> Sequence[int]:
        """The same, a message to each, in their order."""
        first, anvil = self.sent() + 1, self.network.anvils[self.source]
        transaction = {
            "from": self.network.user.address,
            "to": codec.checksum(self.network.chain(self.source).router),
            "value": hex(FEE_WEI),
            "gas": hex(700_000),
            "maxFeePerGas": hex(MAX_FEE_WEI),
            "maxPriorityFeePerGas": hex(10**9),
        }
        nonce = int(anvil.rpc("eth_getTransactionCount", self.network.user.address, "pending"), 16)
        for place, receiver in enumerate(receivers):
            call = {"nonce": hex(nonce + place), "data": self._call(receiver)}
            anvil.rpc("eth_sendTransaction", transaction | call)

        def sent() -> bool:
            self.delivered()
            return self.sent() >= first + len(receivers) - 1

        self.network.wait_until("messages are sent", sent, timeout=timeout)
        return range(first, first + len(receivers))

    def sent(self) -> int:
        """The number of the last message."""
        return int(self.network.read(self.source, self.lane.on_ramp, NEXT)) - 1

    def committed(self) -> int:
        """The number of the last message under a root."""
        return int(self.network.read(self.destination, self.lane.commit_store, NEXT)) - 1

    def failed(self, number: int) -> bool:
        """Whether the message was tried and its receiver failed."""
        return self.network.read(self.destination, self.lane.off_ramp, STATE, number) == FAILURE

    def delivered(self) -> dict[int, int]:
        """How often each message succeeded. Only for destinations that don't reorganise: each block is read once."""
        anvil = self.network.anvils[self.destination]
        latest = anvil.block_number()
        if latest >= self._unread:
            question = {
                "address": "0x" + self.lane.off_ramp.hex(),
                "topics": ["0x" + codec.EXECUTION_STATE_CHANGED.hex()],
                "fromBlock": hex(self._unread),
                "toBlock": hex(latest),
            }
            for log in anvil.rpc("eth_getLogs", question):
                if int(log["data"][2:66], 16) == SUCCESS:
                    number = int(log["topics"][1], 16)
                    self._successes[number] = self._successes.get(number, 0) + 1
                    self._seen_at.setdefault(number, time.monotonic())
            self._unread = latest + 1
        return self._successes

    def arrivals(self, numbers: Sequence[int], timeout: float) -> dict[int, float]:
        """When each of them was seen to have succeeded; NotYet if some do not within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while missing := set(numbers) - self.delivered().keys():
            self.network.check()
            if time.monotonic() > deadline:
                raise NotYet(f"{len(missing)} of {len(numbers)} messages did not arrive")
            time.sleep(POLL_S)
        return {number: self._seen_at[number] for number in numbers}

    def latencies(self, count: int, timeout: float = 120.0) -> list[float]:
        """Seconds from being mined to having succeeded, of so many messages sent one block after the other."""
        sent_at: dict[int, float] = {}
        for _ in range(count):
            [number] = self.send()
            sent_at[number] = time.monotonic()
        arrived = self.arrivals(list(sent_at), timeout)
        return sorted(max(0.0, arrived[number] - at) for number, at in sent_at.items())
