"""A network's file is read exactly, or refused with every mistake in it."""

from pathlib import Path

import pytest

from ccip_py.deploy.config import FeeParams, RateLimit, TokenOnChain
from ccip_py.deploy.keys import dev_address
from ccip_py.deploy.toml import load_config, parse_config
from ccip_py.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "network.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
ONE = 10**18


def test_the_example_is_read_in_smallest_units() -> None:
    config = load_config(EXAMPLE)

    limit = RateLimit(capacity=100_000 * ONE, rate=1_000 * ONE)
    burned = TokenOnChain("burn_mint", 18, initial_supply=10_000 * ONE, outbound=limit, inbound=limit)
    assert config.tokens[0].on["a"] == burned
    assert config.tokens[0].on["b"] == TokenOnChain("burn_mint", 6, initial_supply=10_000 * 10**6)
    assert config.chains[0].native_usd == 3_000 * ONE
    assert config.chains[0].gas_price == 10**9
    assert config.chains[0].selector == 7759470850252068959
    assert config.chains[1].owner.address == dev_address(7)
    assert config.monitors.bless_threshold == 3
    assert config.fees == FeeParams()


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("f = 1", "f = 0", "committers.f: want a whole number from 1 to 10, got 0"),
        ("bless_threshold = 3", "", "monitors.bless_threshold: missing"),
        ("bless_threshold = 3", "bless_threshold = 3\nspare = 1", "monitors.spare: unknown key"),
        ("guardian =", "# guardian =", "guardian: missing, want 0x"),
        (
            'guardian = "anvil:8"',
            'guardian = "env:GUARDIAN"',
            "guardian: want 0x… (an address), keystore:PATH",
        ),
        ('guardian = "anvil:8"', 'guardian = "keystore:/no"', "guardian: cannot read the key file"),
        ('guardian = "anvil:8"', "guardian = 8", "guardian: want 0x"),
        ('"anvil:11"', '"anvil:99"', "committers.addresses[1]: Anvil account 99"),
        (
            'rpc_url = "http://127.0.0.1:9545"',
            'rpc_url = "9545"',
            "chains[1].rpc_url: want an http or https URL",
        ),
        ("chain_id = 1337", "chain_id = 4242", "chains[1].selector: chain 4242 is not in the table"),
        ("usd = 2", 'usd = "two"', "tokens[1].usd: want an amount"),
        ("usd = 2", "usd = -2", "tokens[1].usd: want an amount"),
        (
            "decimals = 6\ninitial_supply = 10000",
            "decimals = 6\ninitial_supply = 0.0000001",
            "with up to 6 decimals",
        ),
        ('kind = "lock_release"', 'kind = "lock"', "kind: want burn_mint or lock_release"),
        ("capacity = 100000, ", "", "outbound.capacity: missing"),
        ("network_fee_usd_cents = 10", "network_fee = 10", "fees.network_fee: unknown key"),
        ("[fees]", "[fees", "not TOML"),
    ],
)
def test_each_mistake_is_named_with_its_place(before: str, after: str, complaint: str) -> None:
    assert before in TEXT

    with pytest.raises(ConfigError) as refused:
        parse_config(TEXT.replace(before, after))

    assert complaint in refused.value.message


def test_all_mistakes_are_reported_together() -> None:
    text = TEXT.replace("usd = 2", "usd = -1").replace("f = 1", "f = 0").replace('"anvil:8"', "8")

    with pytest.raises(ConfigError) as refused:
        parse_config(text)

    assert len(refused.value.message.splitlines()) == 4


def test_what_is_readable_but_cannot_be_is_refused_too() -> None:
    with pytest.raises(ConfigError, match="is committer and executor"):
        parse_config(TEXT.replace('executors = ["anvil:22"]', 'executors = ["anvil:10"]'))


def test_lanes_can_be_listed() -> None:
    one_way = TEXT + '\n[[lanes]]\nsource = "b"\ndestination = "a"\n'

    assert parse_config(one_way).lane_names() == (("b", "a"),)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*network\.toml"):
        load_config(tmp_path / "network.toml")


def test_an_existing_token_and_allowed_senders_are_read() -> None:
    link = "0x78e6B135B2A7f63b281C80e2ff639Eed32E2a81b"
    adopted = TEXT.replace(
        'kind = "lock_release"\ninitial_supply = 10000\nliquidity = 1000000',
        f'kind = "lock_release"\naddress = "{link}"',
        1,
    )

    config = parse_config(adopted.replace("[committers]", 'allowed_senders = ["anvil:0"]\n[committers]', 1))

    assert config.tokens[1].on["a"].address == bytes.fromhex(link[2:])
    assert config.allowed_senders == (dev_address(0),)
