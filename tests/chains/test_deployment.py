"""deployment.json: what is written can be read back, and a wrong file is refused with all its mistakes."""

import json
from dataclasses import replace

import pytest

from ccip_py.chains.deployment import (
    ChainDeployment,
    Deployment,
    LaneDeployment,
    TokenDeployment,
    dump_deployment,
    load_deployment,
    parse_deployment,
    save_deployment,
)
from ccip_py.errors import ConfigError, UnknownLane
from ccip_py.protocol.ids import Address, ChainSelector

A, B = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)


def an_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def a_chain(name: str, chain_id: int, selector: ChainSelector) -> ChainDeployment:
    shared = (an_address(0xC0FFEE << 136 | n) for n in range(1, 9))
    token = TokenDeployment("TEST", an_address(1), an_address(2), "burn_mint", 18)
    return ChainDeployment(name, chain_id, selector, "http://127.0.0.1:8545", 2, 1, *shared, tokens=(token,))


def a_deployment() -> Deployment:
    committers = tuple(an_address(50 + n) for n in range(4))
    lane = LaneDeployment(A, B, *(an_address(n) for n in (31, 32, 33)), 5, 6, committers, 1, b"\x01" * 32)
    chains = (a_chain("a", 31337, A), replace(a_chain("b", 1337, B), finality="finalized"))
    return Deployment(chains=chains, lanes=(lane,))


def test_what_is_saved_is_loaded_again(tmp_path):
    deployment = a_deployment()

    save_deployment(deployment, tmp_path / "deep" / "deployment.json")

    assert load_deployment(tmp_path / "deep" / "deployment.json") == deployment
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["deployment.json"]


def test_the_file_shows_selectors_as_strings_and_addresses_in_checksum():
    raw = json.loads(dump_deployment(a_deployment()))

    assert raw["chains"][0]["selector"] == "7759470850252068959"
    assert raw["lanes"][0]["source"] == "7759470850252068959"
    assert raw["chains"][0]["router"] == "0xC0FFEe0000000000000000000000000000000001"
    assert raw["lanes"][0]["config_digest"] == "0x" + "01" * 32


def test_every_mistake_is_reported_with_its_path():
    raw = json.loads(dump_deployment(a_deployment()))
    raw["chains"][0]["router"] = raw["chains"][0]["router"].lower()
    raw["chains"][1]["rpc_url"] = "ws://somewhere"
    raw["chains"][1]["tokens"][0]["kind"] = "teleport"
    raw["chains"][1]["finality"] = "latest"
    del raw["lanes"][0]["f"]
    raw["lanes"][0]["extra"] = 1
    raw["lanes"][0]["off_ramp"] = "0x" + "00" * 20

    with pytest.raises(ConfigError) as caught:
        parse_deployment(json.dumps(raw))

    for path in (
        "chains[0].router",
        "chains[1].rpc_url",
        "chains[1].tokens[0].kind",
        "chains[1].finality",
        "lanes[0].f: missing",
        "lanes[0].extra: unknown key",
        "lanes[0].off_ramp",
    ):
        assert path in caught.value.message


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda raw: raw["chains"][1].update(chain_id=31337), "chain_id 31337 appears twice"),
        (lambda raw: raw["chains"][1].update(selector=str(A)), "selector 7759470850252068959 appears twice"),
        (lambda raw: raw["lanes"][0].update(source="5"), "no chain has selector 5"),
        (lambda raw: raw["lanes"][0].update(destination=str(A)), "the same chain"),
        (lambda raw: raw["lanes"][0]["committers"].pop(), "f = 1 needs 4, got 3"),
        (lambda raw: raw["lanes"].append(raw["lanes"][0]), "appears twice"),
    ],
)
def test_K17_values_that_disagree_are_refused(edit, complaint):
    raw = json.loads(dump_deployment(a_deployment()))
    edit(raw)

    with pytest.raises(ConfigError, match=complaint):
        parse_deployment(json.dumps(raw))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"version": 2, "chains": [], "lanes": []}', '{"chains": 5}']
)
def test_what_is_no_deployment_is_a_config_error(text):
    with pytest.raises(ConfigError):
        parse_deployment(text)


def test_a_missing_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_deployment(tmp_path / "none.json")


def test_a_deployment_that_could_not_be_read_back_is_not_written(tmp_path):
    wrong = replace(a_deployment(), chains=(a_chain("a", 31337, A),))

    with pytest.raises(ConfigError):
        save_deployment(wrong, tmp_path / "deployment.json")

    assert not list(tmp_path.iterdir())


def test_chains_lanes_and_tokens_are_found_by_what_names_them():
    deployment = a_deployment()

    assert deployment.chain(B).name == "b"
    assert deployment.chain_named("a").selector == A
    assert deployment.chain(A).token("TEST").decimals == 18
    assert deployment.lane(A, B).lane().on_ramp == an_address(31)
    with pytest.raises(UnknownLane):
        deployment.lane(B, A)
    with pytest.raises(UnknownLane):
        deployment.chain(ChainSelector(1))
