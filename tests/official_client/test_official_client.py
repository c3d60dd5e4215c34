"""The official client, unpatched and without its hosted API, on our network: what it reads, sends, tracks and executes.

It rebuilds every root from the source's logs with its own hasher and tree, so each message that it executes by hand has
been checked by code that is not ours.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from eth_abi.abi import encode

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, act, ask, curse, uncurse
from ccip_py.deploy.keys import party
from ccip_py.devnet.network import Network
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.evm import Function

from .client import PATIENCE_MS, ClientRefused, OfficialClient

pytestmark = pytest.mark.slow

UNIT = 10**18
GAS = 200_000
EXECUTION_STATE = Function("getExecutionState", ("uint64",), ("uint8",))
IS_BLESSED = Function("isBlessed", ("bytes32",), ("bool",))
COMMITMENTS = Function("commitments", ("bytes32",), ("uint64",))
NAMES = {"a": "anvil-devnet", "b": "geth-testnet"}
BOTH_WAYS = pytest.mark.parametrize(("source", "destination"), [("a", "b"), ("b", "a")])


@dataclass(frozen=True)
class Traveller:
    """Uses the client the way an application would: keeps addresses and keys, and nothing of the protocol."""

    client: OfficialClient
    network: Network

    def router(self, chain: str) -> str:
        return checksum(self.network.chain(chain).router)

    def off_ramp(self, source: str, destination: str) -> str:
        return checksum(self.network.lane(source, destination).off_ramp)

    def fee(self, source: str, destination: str, message: dict) -> int:
        router = self.router(source)
        found = self.client("getFee", source=source, destination=destination, router=router, message=message)
        return int(found)

    def send(self, source: str, destination: str, message: dict) -> dict:
        return self.client(
            "sendMessage",
            source=source,
            destination=destination,
            router=self.router(source),
            message=message,
            key=self.network.users[1].key.hex(),
        )

    def commit_of(self, source: str, destination: str, sent: dict) -> dict:
        return self.client(
            "getVerifications",
            destination=destination,
            offRamp=self.off_ramp(source, destination),
            messageId=sent["messageId"],
            timeoutMs=PATIENCE_MS,
        )

    def proof_of(self, source: str, sent: dict) -> dict:
        return self.client("getExecutionInput", source=source, messageId=sent["messageId"])

    def execute(self, source: str, destination: str, sent: dict, gas_limit: int | None = None) -> dict:
        return self.client(
            "execute",
            destination=destination,
            offRamp=self.off_ramp(source, destination),
            messageId=sent["messageId"],
            key=self.network.users[2].key.hex(),
            gasLimit=gas_limit,
        )

    def receipts_of(self, source: str, destination: str, sent: dict) -> list[dict]:
        """Every attempt, once one of them is there."""
        return self.client(
            "getExecutionReceipts",
            destination=destination,
            offRamp=self.off_ramp(source, destination),
            messageId=sent["messageId"],
            timeoutMs=PATIENCE_MS,
        )

    def read(self, chain: str, method: str, *arguments: str) -> dict:
        return self.client("read", chain=chain, method=method, args=arguments)


@pytest.fixture(scope="module")
def traveller(client: OfficialClient, network: Network) -> Traveller:
    return Traveller(client, network)


@pytest.fixture(scope="module")
def inbox(network: Network) -> dict[str, str]:
    """A receiver on each chain."""
    return {
        chain.name: checksum(network.deploy(chain.name, "Inbox", chain.router))
        for chain in network.deployment.chains
    }


def token(network: Network, chain: str, symbol: str) -> str:
    place = network.chain(chain)
    return checksum(place.link if symbol == "LINK" else place.token(symbol).address)


def hello(receiver: str, text: bytes = b"hello") -> dict:
    return {"receiver": receiver, "data": "0x" + text.hex(), "gasLimit": GAS}


def transfer(network: Network, chain: str, symbol: str, receiver: str) -> dict:
    tokens = [{"token": token(network, chain, symbol), "amount": str(3 * UNIT)}]
    return {"receiver": receiver, "data": "0x", "gasLimit": 0, "tokens": tokens}


def state_of(network: Network, sent: dict) -> ExecutionState:
    """On chain b, of a message that came from a."""
    off_ramp = network.lane("a", "b").off_ramp
    return ExecutionState(network.read("b", off_ramp, EXECUTION_STATE, int(sent["sequenceNumber"])))


# Reading


@pytest.mark.parametrize("fee_token", [None, "LINK"])
@BOTH_WAYS
def test_it_is_quoted_the_fee_that_we_are_quoted(network, traveller, inbox, source, destination, fee_token):
    def ours() -> int:
        return network.ccip.get_fee(
            source,
            destination,
            inbox[destination],
            data=b"hello",
            tokens=[("BMT", UNIT)],
            fee_token=fee_token,
            gas_limit=GAS,
            out_of_order=True,
        ).amount

    amount = [{"token": token(network, source, "BMT"), "amount": str(UNIT)}]
    message = hello(inbox[destination]) | {"tokens": amount}
    if fee_token:
        message["feeToken"] = token(network, source, fee_token)

    before = ours()
    theirs = traveller.fee(source, destination, message)

    assert theirs > 0
    assert theirs in {before, ours()}  # a price may have moved in between


@BOTH_WAYS
def test_it_finds_the_lane_from_its_on_ramp(client, traveller, network, source, destination):
    lane = network.lane(source, destination)
    on_ramp = checksum(lane.on_ramp)

    found = client("discoverOffRamp", source=source, destination=destination, onRamp=on_ramp)
    described = traveller.read(source, "getLaneForOnRamp", on_ramp)

    assert found == checksum(lane.off_ramp)
    assert described["version"] == "1.5.0"
    assert int(described["destChainSelector"]) == lane.destination
    assert traveller.read(destination, "getCommitStoreForOffRamp", found) == checksum(lane.commit_store)


@BOTH_WAYS
def test_it_reads_tokens_pools_and_limits(client, traveller, network, source, destination):
    here, there = network.chain(source), network.chain(destination)
    on_ramp = checksum(network.lane(source, destination).on_ramp)
    registry = traveller.read(source, "getTokenAdminRegistryFor", on_ramp)

    supported = traveller.read(source, "getSupportedTokens", registry)

    assert registry == checksum(here.token_admin_registry)
    assert set(supported) == {checksum(each.address) for each in here.tokens}
    for each in here.tokens:
        remote = there.token(each.symbol)
        pool = traveller.read(source, "getRegistryTokenConfig", registry, checksum(each.address))["tokenPool"]
        config = traveller.read(source, "getTokenPoolConfig", pool)
        (name, far), *others = client(
            "readOfRemote", chain=source, method="getTokenPoolRemotes", contract=pool, remote=destination
        ).items()

        assert pool == checksum(each.pool)
        assert config["token"] == checksum(each.address)
        assert config["router"] == checksum(here.router)
        assert (name, others) == (NAMES[destination], [])
        assert far["remoteToken"] == checksum(remote.address)
        assert far["remotePools"] == [checksum(remote.pool)]
        for limit in (far["outboundRateLimiterState"], far["inboundRateLimiterState"]):
            assert int(limit["capacity"]) == roles.LIMITS.capacity
            assert int(limit["rate"]) == roles.LIMITS.rate
            assert 0 < int(limit["tokens"]) <= roles.LIMITS.capacity
        info = traveller.read(source, "getTokenInfo", checksum(each.address))
        assert (info["symbol"], info["decimals"]) == (each.symbol, each.decimals)


@BOTH_WAYS
def test_it_reads_fee_tokens_and_their_prices(client, traveller, network, source, destination):
    here = network.chain(source)
    on_ramp = checksum(network.lane(source, destination).on_ramp)

    fee_tokens = traveller.read(source, "getFeeTokens", on_ramp)

    assert set(fee_tokens) == {checksum(here.link), checksum(here.wrapped_native)}
    for address in fee_tokens:
        price = client(
            "read", chain=source, method="getTokenPrice", args=[{"router": on_ramp, "token": address}]
        )
        assert price["price"] > 0


def test_it_can_estimate_what_a_receiver_will_use(client, network, traveller, inbox):
    """Receivers and tokens answer when the router calls them in a simulation, balances overridden."""
    on_ramp = checksum(network.lane("a", "b").on_ramp)
    tokens = [{"token": token(network, "a", "BMT"), "amount": str(UNIT)}]
    gas = client(
        "estimateReceiveExecution",
        source="a",
        destination="b",
        onRamp=on_ramp,
        sender=network.user.address,
        message=hello(inbox["b"]) | {"tokens": tokens},
    )

    assert 0 < gas < GAS


# Sending and tracking


@pytest.fixture(scope="module")
def journeys(network: Network, traveller: Traveller, inbox: dict[str, str]) -> dict[str, tuple]:
    """One message of each kind, sent by the client before any of them is followed: (source, destination, sent)."""
    network.start()
    vault = network.deploy("b", "Vault", network.chain("b").token("BMT").address)
    depositor = checksum(network.deploy("b", "VaultDepositor", network.chain("b").router, vault))
    beneficiary = network.stranger.address
    deposit = encode(["address", "uint256"], [beneficiary, 3 * UNIT])
    link = token(network, "a", "LINK")
    kinds = {
        "data": ("a", "b", hello(inbox["b"])),
        "data-for-link": ("a", "b", hello(inbox["b"]) | {"feeToken": link}),
        "burn-mint": ("a", "b", transfer(network, "a", "BMT", beneficiary)),
        "lock-release": ("a", "b", transfer(network, "a", "LRT", beneficiary)),
        "token-with-data": (
            "a",
            "b",
            transfer(network, "a", "BMT", depositor)
            | {"data": "0x" + deposit.hex(), "gasLimit": 400_000, "feeToken": link},
        ),
        "ordered": ("a", "b", hello(inbox["b"]) | {"outOfOrder": False}),
        "data-back": ("b", "a", hello(inbox["a"])),
        "token-back": ("b", "a", transfer(network, "b", "LRT", beneficiary)),
    }
    return {
        kind: (source, destination, traveller.send(source, destination, message))
        for kind, (source, destination, message) in kinds.items()
    }


KINDS = [
    "data",
    "data-for-link",
    "burn-mint",
    "lock-release",
    "token-with-data",
    "ordered",
    "data-back",
    "token-back",
]


@pytest.mark.parametrize("kind", KINDS)
def test_it_sends_and_tracks(traveller, journeys, kind):
    source, destination, sent = journeys[kind]

    report = traveller.commit_of(source, destination, sent)
    proof = traveller.proof_of(source, sent)
    *_, last = traveller.receipts_of(source, destination, sent)

    assert int(report["minSeqNr"]) <= int(sent["sequenceNumber"]) <= int(report["maxSeqNr"])
    assert proof["merkleRoot"] == report["merkleRoot"]  # rebuilt by the client from the source's logs
    assert last["messageId"] == sent["messageId"]
    assert last["state"] == ExecutionState.SUCCESS


def test_it_reads_what_was_paid_in_link(network, journeys):
    _, _, sent = journeys["data-for-link"]

    assert sent["feeToken"] == token(network, "a", "LINK")
    assert int(sent["fee"]) > 0


def test_it_reads_what_was_paid_in_native(network, journeys):
    _, _, sent = journeys["data"]

    assert sent["feeToken"] == checksum(network.chain("a").wrapped_native)


# Executing by hand


@contextmanager
def stopped(nodes: list) -> Iterator[None]:
    for node in nodes:
        node.stop()
    try:
        yield
    finally:
        for node in nodes:
            node.start()


@contextmanager
def window_open_after(network: Network, seconds: int) -> Iterator[None]:
    """The owner shortens the time after which anybody may execute on b, and puts it back."""

    off_ramp = network.lane("a", "b").off_ramp
    usual = ask(network.chain("b"), off_ramp, "OffRamp", "getDynamicConfig")

    def configure(config: dict) -> None:
        act(network.owner_console("b"), off_ramp, "OffRamp", "setDynamicConfig", config)

    configure(usual | {"permissionLessExecutionThresholdSeconds": seconds})
    try:
        yield
    finally:
        configure(usual)


def wait_until_blessed(network: Network, root: str) -> None:
    store = network.lane("a", "b").commit_store
    network.wait_until(
        "the root is blessed", lambda: network.read("b", store, IS_BLESSED, bytes.fromhex(root[2:]))
    )


def wait_out_the_window(network: Network, root: str, seconds: int) -> None:
    committed = network.read("b", network.lane("a", "b").commit_store, COMMITMENTS, bytes.fromhex(root[2:]))
    network.wait_until_time("b", committed + seconds)


@pytest.mark.usefixtures("nodes_back")
def test_it_executes_the_middle_of_three_when_the_executor_is_gone(network, traveller, inbox):
    with stopped(network.executors):
        with stopped(network.committers):
            batch = [traveller.send("a", "b", hello(inbox["b"], bytes([n]))) for n in range(3)]
            network.wait_until_final("a", batch[-1]["block"])
        middle = batch[1]
        report = traveller.commit_of("a", "b", middle)
        proof = traveller.proof_of("a", middle)
        wait_until_blessed(network, report["merkleRoot"])
        numbers = [sent["sequenceNumber"] for sent in batch]
        assert [report["minSeqNr"], report["maxSeqNr"]] == [numbers[0], numbers[2]]
        assert len(proof["proofs"]) == 2

        with pytest.raises(ClientRefused) as early:
            traveller.execute("a", "b", middle)
        assert "ManualExecutionNotYetEnabled" in early.value.refusal

        with window_open_after(network, 1):
            wait_out_the_window(network, report["merkleRoot"], 1)
            receipt = traveller.execute("a", "b", middle)
        assert receipt["state"] == ExecutionState.SUCCESS
        assert [state_of(network, sent) for sent in batch] == [
            ExecutionState.UNTOUCHED,
            ExecutionState.SUCCESS,
            ExecutionState.UNTOUCHED,
        ]

    for sent in (batch[0], batch[2]):  # the executor does the rest
        assert traveller.receipts_of("a", "b", sent)[-1]["state"] == ExecutionState.SUCCESS


@pytest.mark.usefixtures("nodes_back")
def test_it_retries_a_failure_with_more_gas(network, traveller):
    greedy = checksum(network.deploy("b", "GreedyInbox", network.chain("b").router))
    sent = traveller.send("a", "b", hello(greedy) | {"gasLimit": 100_000})
    (failed,) = traveller.receipts_of("a", "b", sent)
    assert failed["state"] == ExecutionState.FAILURE
    assert failed["returnData"] != "0x"

    traveller.commit_of("a", "b", sent)
    traveller.proof_of("a", sent)
    receipt = traveller.execute("a", "b", sent, gas_limit=400_000)

    assert receipt["state"] == ExecutionState.SUCCESS
    states = [each["state"] for each in traveller.receipts_of("a", "b", sent)]
    assert states == [ExecutionState.FAILURE, ExecutionState.SUCCESS]


@pytest.mark.usefixtures("nodes_back")
def test_it_can_t_execute_under_a_root_that_nobody_blessed(network, traveller, inbox):
    with stopped(network.executors), window_open_after(network, 1):
        with stopped(network.monitors):
            sent = traveller.send("a", "b", hello(inbox["b"]))
            report = traveller.commit_of("a", "b", sent)
            traveller.proof_of("a", sent)
            wait_out_the_window(network, report["merkleRoot"], 1)

            with pytest.raises(ClientRefused) as refused:
                traveller.execute("a", "b", sent)
            assert "RootNotCommitted" in refused.value.refusal
            assert state_of(network, sent) is ExecutionState.UNTOUCHED

        wait_until_blessed(network, report["merkleRoot"])
        assert traveller.execute("a", "b", sent)["state"] == ExecutionState.SUCCESS


@pytest.mark.usefixtures("nodes_back")
def test_a_curse_on_the_destination_stops_it_even_in_the_open_window(network, traveller, inbox):
    guardian = Console(network.chain("b"), party(f"anvil:{roles.GUARDIAN}"))
    subject = network.chain("a").selector
    with stopped(network.executors), window_open_after(network, 1):
        sent = traveller.send("a", "b", hello(inbox["b"]))
        report = traveller.commit_of("a", "b", sent)
        traveller.proof_of("a", sent)
        wait_until_blessed(network, report["merkleRoot"])
        wait_out_the_window(network, report["merkleRoot"], 1)

        curse(guardian, subject)
        with pytest.raises(ClientRefused) as refused:
            traveller.execute("a", "b", sent)
        assert "CursedByRMN" in refused.value.refusal

        uncurse(network.owner_console("b"), subject)
        wait_until_blessed(
            network, report["merkleRoot"]
        )  # lifting voided the blessing; monitors give it again
        assert traveller.execute("a", "b", sent)["state"] == ExecutionState.SUCCESS


def test_it_does_not_take_another_root_for_its_own(client, journeys):
    _, _, sent = journeys["data"]

    with pytest.raises(ClientRefused) as refused:
        client("calculateManualExecProof", messageId=sent["messageId"], merkleRoot="0x" + "11" * 32)
    assert refused.value.code == "MERKLE_ROOT_MISMATCH"


# What is refused


@contextmanager
def outbound_limit(network: Network, symbol: str, capacity: int) -> Iterator[None]:
    """The owner makes the bucket on a small, nearly without refill, and puts it back."""
    pool, remote = network.chain("a").token(symbol).pool, network.chain("b").selector
    usual = {"isEnabled": True, "capacity": roles.LIMITS.capacity, "rate": roles.LIMITS.rate}

    def set_limit(outbound: dict) -> None:
        owner = network.owner_console("a")
        act(owner, pool, "BurnMintTokenPool", "setChainRateLimiterConfig", remote, outbound, usual)

    set_limit(usual | {"capacity": capacity, "rate": 1})
    try:
        yield
    finally:
        set_limit(usual)


def test_a_bucket_too_small_or_too_empty_refuses_it(network, traveller, inbox):
    big = transfer(network, "a", "BMT", network.stranger.address)

    with outbound_limit(network, "BMT", 2 * UNIT), pytest.raises(ClientRefused) as too_small:
        traveller.send("a", "b", big)
    assert "TokenMaxCapacityExceeded" in too_small.value.refusal

    with outbound_limit(network, "BMT", 4 * UNIT):
        sent = traveller.send("a", "b", big)
        with pytest.raises(ClientRefused) as too_empty:
            traveller.send("a", "b", big)
    assert "TokenRateLimitReached" in too_empty.value.refusal

    assert traveller.receipts_of("a", "b", sent)[-1]["state"] == ExecutionState.SUCCESS


def test_a_cursed_lane_refuses_it_and_lets_it_pass_again_when_lifted(network, traveller, inbox):
    guardian = Console(network.chain("a"), party(f"anvil:{roles.GUARDIAN}"))
    subject = network.chain("b").selector
    message = hello(inbox["b"])
    attempts: list[Callable[..., object]] = [traveller.fee, traveller.send]

    curse(guardian, subject)
    for attempt in attempts:
        with pytest.raises(ClientRefused) as refused:
            attempt("a", "b", message)
        assert "CursedByRMN" in refused.value.refusal

    uncurse(network.owner_console("a"), subject)
    sent = traveller.send("a", "b", message)
    assert traveller.receipts_of("a", "b", sent)[-1]["state"] == ExecutionState.SUCCESS
