"""The Python clients on the running network: certificates, Web3 objects, Routers alone, curses, the event loop."""

from collections.abc import Callable
from dataclasses import replace

import anyio
import pytest
import requests
from web3 import AsyncWeb3, Web3

from ccip_py.errors import BadInput
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Root
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.certificate import Certificate, Pins
from ccip_py.sdk.certificate_file import dump_certificate, dump_pins, parse_certificate, parse_pins
from ccip_py.sdk.client import AsyncCcip, Ccip, MessageOptions
from ccip_py.sdk.signers import development
from ccip_py.sdk.types import SentMessage
from ccip_py.sdk.verify_certificate import verify

from .conftest import Running

ME = development(0)


@pytest.fixture(scope="module")
def sent(running: Running) -> SentMessage:
    """A message of two in one root, that was executed."""
    ccip = running.network.ccip
    first = ccip.send("a", "b", running.inbox, signer=ME, data=b"one", gas_limit=200_000)
    ccip.wait(first, timeout=60)
    return first


@pytest.fixture(scope="module")
def certified(running: Running, sent: SentMessage) -> tuple[Certificate, Pins]:
    return running.network.ccip.certificate(sent), running.network.ccip.pins("a", "b")


# Certificates


def test_a_certificate_and_pins_survive_their_files(certified: tuple[Certificate, Pins]) -> None:
    certificate, pins = certified

    assert parse_certificate(dump_certificate(certificate)) == certificate
    assert parse_pins(dump_pins(pins)) == pins
    assert all(check.holds for check in verify(certificate, pins))


def test_a_client_verifies_offline_against_pins_and_without_them_asks_the_chains(
    running: Running, certified: tuple[Certificate, Pins]
) -> None:
    ccip, (certificate, pins) = running.network.ccip, certified

    offline, online = ccip.verify(certificate, pins=pins), ccip.verify(certificate)

    assert offline == verify(certificate, pins)
    assert online[: len(offline)] == offline
    assert online[-1].name == "the message was executed with success"
    assert all(check.holds for check in online)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"format": "ccip-delivery-certificate/1"}', "[" * 5_000]
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_certificate(text)

    assert refused.value.code == "NOT_A_CERTIFICATE"


def test_pins_are_no_certificate_and_are_told_what_they_are(certified: tuple[Certificate, Pins]) -> None:
    with pytest.raises(BadInput, match=r"its format is ccip-signer-pins/1, and should be ccip-delivery-cert"):
        parse_certificate(dump_pins(certified[1]))


def test_a_field_that_is_missing_is_named(certified: tuple[Certificate, Pins]) -> None:
    text = dump_certificate(certified[0]).replace('"blessing"', '"benediction"')

    with pytest.raises(BadInput, match="'blessing' is missing"):
        parse_certificate(text)


Change = Callable[[Certificate], Certificate]
FORGERIES: dict[str, Change] = {
    "another amount of gas": lambda c: replace(c, message=replace(c.message, gas_limit=1)),
    "another message under its own id": lambda c: replace(
        c, message=replace(c.message, data=b"two", message_id=c.message.message_id)
    ),
    "another root": lambda c: replace(c, root=Root(b"\x01" * 32)),
    "another interval": lambda c: replace(c, interval=replace(c.interval, last=c.interval.last + 1)),
    "a proof too many": lambda c: replace(c, proof=replace(c.proof, hashes=(*c.proof.hashes, b"\x02" * 32))),
    "two signatures of one committer": lambda c: replace(
        c, commit=replace(c.commit, signatures=(c.commit.signatures[0],) * 3)
    ),
    "a signature less": lambda c: replace(c, commit=replace(c.commit, signatures=c.commit.signatures[:2])),
    "another round": lambda c: replace(
        c, commit=replace(c.commit, context=(c.commit.context[0], b"\x07" * 32, bytes(32)))
    ),
    "another epoch": lambda c: replace(c, blessing=replace(c.blessing, epoch=c.blessing.epoch + 1)),
    "a blessing less": lambda c: replace(
        c, blessing=replace(c.blessing, signatures=c.blessing.signatures[:2])
    ),
    "malleable signatures": lambda c: replace(
        c, commit=replace(c.commit, signatures=tuple(_other_half(s) for s in c.commit.signatures))
    ),
}


def _other_half(signature: bytes) -> bytes:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([signature[64] ^ 1])


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_certificate_does_not_hold(certified: tuple[Certificate, Pins], change: Change) -> None:
    certificate, pins = certified

    assert not all(check.holds for check in verify(change(certificate), pins))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, committers=p.bless_keys),
        lambda p: replace(p, bless_keys=p.committers),
        lambda p: replace(p, config_digest=bytes(32)),
        lambda p: replace(p, destination_chain_id=1),
        lambda p: replace(p, lane=replace(p.lane, on_ramp=p.lane.off_ramp)),
        lambda p: replace(p, quorum=0),
        lambda p: replace(p, bless_threshold=4),
        lambda p: replace(p, rmn_config_version=2),
    ],
)
def test_a_certificate_holds_only_against_its_own_signers(
    certified: tuple[Certificate, Pins], change: Callable[[Pins], Pins]
) -> None:
    certificate, pins = certified

    assert not all(check.holds for check in verify(certificate, change(pins)))


def test_what_was_sent_is_shown_in_checksum_addresses_and_smallest_units(running: Running) -> None:
    ccip, bmt = running.network.ccip, checksum(running.network.chain("a").token("BMT").address)
    options: MessageOptions = {
        "data": b"hi",
        "tokens": [("BMT", "1.5")],
        "fee_token": "LINK",
        "gas_limit": 100_000,
    }

    sent = ccip.send("a", "b", running.inbox, signer=ME, **options)

    assert (sent.sender, sent.receiver) == (ME.address, running.inbox)
    assert sent.tokens == ((bmt, 15 * 10**17),)
    assert sent.fee_token == checksum(running.network.chain("a").link)
    assert sent.data.to_0x_hex() == "0x6869"
    assert sent.message_id == sent.message.message_id


# Other ways to connect


def test_routers_alone_lead_to_everything(running: Running, sent: SentMessage) -> None:
    routers = {
        chain.name: (chain.rpc_url, checksum(chain.router)) for chain in running.network.deployment.chains
    }

    with Ccip.at(routers) as ccip:
        assert [known.lane for known in ccip.book.lanes] == [
            known.lane for known in running.network.ccip.book.lanes
        ]
        assert all(known.blind == () for known in ccip.book.lanes)
        assert ccip.find(sent.message_id) == (sent,)
        assert ccip.wait(sent).stage is Stage.EXECUTED
        assert {token.symbol for token in ccip.tokens("a", "b")} == {"BMT", "LRT"}


def test_web3_objects_serve_as_endpoints(running: Running, sent: SentMessage) -> None:
    with requests.Session() as session:
        routers = {
            chain.name: (Web3(Web3.HTTPProvider(chain.rpc_url, session=session)), checksum(chain.router))
            for chain in running.network.deployment.chains
        }

        with Ccip.at(routers) as ccip:
            assert ccip.wait(sent).stage is Stage.EXECUTED
            assert ccip.lane("a", "b").open


def test_the_event_loop_sees_the_same(running: Running, sent: SentMessage) -> None:
    async def look() -> list[Stage]:
        providers = {
            chain.name: AsyncWeb3(AsyncWeb3.AsyncHTTPProvider(chain.rpc_url))
            for chain in running.network.deployment.chains
        }
        async with AsyncCcip(running.network.deployment, rpc_urls=providers) as ccip:
            stages = [stage.stage async for stage in ccip.track(sent)]
        for web3 in providers.values():
            await web3.provider.disconnect()
        return stages

    assert anyio.run(look) == [Stage.SENT, Stage.COMMITTED, Stage.BLESSED, Stage.EXECUTED]


# Before and after


def test_gas_is_measured_as_the_router_would_call(running: Running) -> None:
    ccip = running.network.ccip
    common = {"sender": ME.address, "data": b"hi"}

    measured = ccip.estimate_receiver_gas("a", "b", running.inbox, **common)
    with_tokens = ccip.estimate_receiver_gas("a", "b", running.inbox, **common, tokens=[("BMT", "1.5")])

    assert 20_000 < measured < 200_000
    assert with_tokens >= measured
    assert ccip.estimate_receiver_gas("a", "b", ME.address, **common) == 0
    assert ccip.preflight("a", "b", running.inbox, **common, gas_limit=measured) == ()


def test_an_allowance_stops_only_who_does_not_let_the_client_approve(running: Running) -> None:
    ccip = running.network.ccip
    common = {"sender": development(3).address, "tokens": [("BMT", "1.5")], "gas_limit": 0}

    assert ccip.preflight("a", "b", ME.address, **common) == ()
    (obstacle,) = ccip.preflight("a", "b", ME.address, **common, approve=False)

    assert (obstacle.code, obstacle.on_source) == ("INSUFFICIENT_ALLOWANCE", True)
    assert obstacle.message == "the Router may take 0 BMT, and the message needs 1.5 BMT"


def test_a_stage_says_what_proves_it(running: Running, sent: SentMessage) -> None:
    stages = list(running.network.ccip.track(sent))

    assert [stage.event for stage in stages] == [
        "CCIPSendRequested",
        "ReportAccepted",
        "RootBlessed",
        "ExecutionStateChanged",
    ]
    assert stages[1].contract == checksum(sent.lane.commit_store)
    assert stages[-1].expected_wait_s is None


def test_the_first_look_begins_near_the_message_and_needs_no_agreeing_clocks(
    running: Running, sent: SentMessage
) -> None:
    """As if the source's clock were a day ahead: found all the same, by asking the commit store."""
    late = replace(sent, transaction=replace(sent.transaction, timestamp=sent.transaction.timestamp + 86_400))

    assert running.network.ccip.look(late).stage is Stage.EXECUTED


def test_a_blessing_that_was_taken_back_and_given_again_is_the_one_that_counts(running: Running) -> None:
    network = running.network
    for node in network.executors:
        node.stop()
    try:
        sent = network.ccip.send("a", "b", running.inbox, signer=ME, data=b"hi", gas_limit=200_000)
        network.ccip.wait(sent, until=Stage.BLESSED, timeout=60)
        first = network.ccip.look(sent)
        from ccip_py.deploy import admin

        owner = network.owner_console("b")
        admin.curse(owner, sent.lane.source)
        admin.uncurse(owner, sent.lane.source)
        after_lifting = network.ccip.look(sent, first)
        network.wait_until(
            "blessed again", lambda: network.ccip.look(sent, after_lifting).blessed is not None
        )
        again = network.ccip.look(sent, after_lifting)
    finally:
        network.start()

    assert first.blessed is not None
    assert again.blessed is not None
    assert again.blessed.block > first.blessed.block
    assert network.ccip.look(sent).blessed == again.blessed
    assert network.ccip.wait(sent, timeout=60).stage is Stage.EXECUTED
