"""The plan is what is wanted minus what is done, in an order in which it can be done."""

from dataclasses import replace

import pytest

from ccip_py.deploy import devnet_config
from ccip_py.deploy.config import NetworkConfig, TokenConfig
from ccip_py.deploy.keys import Party
from ccip_py.deploy.plan import describe, plan, wanted
from ccip_py.deploy.steps import Create, Encoded, Phase, Ref, Step, digest, resolve
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address

CONFIG = devnet_config()
STRANGER = Address(b"\x17" * 20)


def references(value: object) -> set[str]:
    """Every contract that a value refers to."""
    if isinstance(value, Ref):
        return {value.name}
    if isinstance(value, Encoded):
        return references(value.values)
    if isinstance(value, dict):
        return set().union(*map(references, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(references, value))
    return set()


def test_the_same_configuration_gives_the_same_steps() -> None:
    assert wanted(CONFIG) == wanted(devnet_config())


def test_every_step_has_a_name_of_its_own() -> None:
    names = [step.name for step in wanted(CONFIG)]

    assert len(set(names)) == len(names)


def test_phases_come_one_after_the_other() -> None:
    phases = [step.phase for step in wanted(CONFIG)]

    assert phases == sorted(phases)
    assert set(phases) == set(Phase) - {Phase.ADMIT, Phase.OPEN}  # those are of networks that run


def test_contracts_are_created_before_they_are_needed_on_their_own_chain() -> None:
    """A constructor may look at what it is given. Contracts of other chains are only addresses to it."""
    steps = [step for step in wanted(CONFIG) if isinstance(step, Create)]
    chain_of = {step.name: step.chain for step in steps}
    made: set[str] = set()
    for step in steps:
        here = {name for name in references(step.arguments) if chain_of[name] == step.chain}
        assert here <= made, step.name
        made.add(step.name)


def test_every_reference_is_to_a_contract_that_is_made() -> None:
    steps = wanted(CONFIG)
    made = {step.name for step in steps if isinstance(step, Create)}

    for step in steps:
        assert references(step.arguments) <= made
        assert isinstance(step, Create) or step.target.name in made


def test_what_is_done_is_left_out() -> None:
    steps = wanted(CONFIG)
    done = {step.name: digest(step) for step in steps[:20]}

    assert plan(CONFIG, {}).steps == steps
    assert plan(CONFIG, done).steps == steps[20:]
    assert plan(CONFIG, {step.name: digest(step) for step in steps}).steps == ()


def test_a_done_step_that_should_now_be_another_is_refused_by_name() -> None:
    done = {step.name: digest(step) for step in wanted(CONFIG)}
    dearer = replace(CONFIG, fees=replace(CONFIG.fees, network_fee_usd_cents=11))

    with pytest.raises(ConfigError, match=r"a>b fees, b>a fees"):
        plan(dearer, done)


def test_signer_sets_are_set_again_by_the_owner() -> None:
    done = {step.name: digest(step) for step in wanted(CONFIG)}
    more = (*CONFIG.committers.addresses, STRANGER)
    other = replace(
        CONFIG,
        monitors=replace(CONFIG.monitors, curse_threshold=3),
        committers=replace(CONFIG.committers, addresses=more),
    )

    left = plan(other, done).steps

    assert {step.name for step in left} == {
        "a/RMN.setMonitors",
        "b/RMN.setMonitors",
        "a>b committers",
        "b>a committers",
    }
    assert all(step.by_owner and step.phase is Phase.OPEN for step in left)


def test_an_executor_more_is_one_call_of_the_owner_for_each_lane() -> None:
    done = {step.name: digest(step) for step in wanted(CONFIG)}

    left = plan(replace(CONFIG, executors=(*CONFIG.executors, STRANGER)), done).steps

    assert {(step.chain, step.by_owner) for step in left} == {("a", True), ("b", True)}
    assert all("executor 0x" in step.name for step in left)


def test_a_chain_more_is_connected_by_the_owners_of_the_others() -> None:
    done = {step.name: digest(step) for step in wanted(CONFIG)}

    left = plan(_with_a_third_chain(), done).steps

    new = {step.name for step in left if isinstance(step, Create)}
    for step in left:
        if isinstance(step, Create) or step.phase in (Phase.HAND_OVER, Phase.ACCEPT):
            continue
        assert step.by_owner is (step.target.name not in new), step.name


def test_a_token_more_is_admitted_by_the_owner_before_the_deployer_sets_it_up() -> None:
    done = {step.name: digest(step) for step in wanted(CONFIG)}
    more = replace(CONFIG.tokens[0], symbol="NEW")

    left = {step.name: step for step in plan(replace(CONFIG, tokens=(*CONFIG.tokens, more)), done).steps}

    order = [left[f"a/pool NEW {what}"] for what in ("propose admin", "accept admin", "register")]
    assert [step.by_owner for step in order] == [True, False, False]
    assert order[0].phase < order[1].phase


def test_a_chain_that_is_added_leaves_the_others_contracts_alone() -> None:
    before = {step.name: digest(step) for step in wanted(CONFIG) if isinstance(step, Create)}

    three = {step.name: digest(step) for step in wanted(_with_a_third_chain())}

    assert before.items() <= three.items()


def _with_a_third_chain() -> NetworkConfig:
    return devnet_config([*(chain.rpc_url for chain in CONFIG.chains), "http://127.0.0.1:1"])


def test_an_owner_who_deploys_hands_nothing_over() -> None:
    chains = tuple(replace(chain, owner=chain.deployer) for chain in CONFIG.chains)

    assert {step.phase for step in wanted(replace(CONFIG, chains=chains))} == {Phase.CREATE, Phase.CONNECT}


def test_an_owner_without_a_key_here_accepts_later() -> None:
    chains = tuple(replace(chain, owner=Party(STRANGER)) for chain in CONFIG.chains)

    steps = wanted(replace(CONFIG, chains=chains))

    assert not any(step.by_owner for step in steps)
    assert any(step.phase is Phase.HAND_OVER for step in steps)


def test_existing_fee_tokens_are_not_deployed() -> None:
    chains = tuple(replace(chain, link=STRANGER, wrapped_native=STRANGER) for chain in CONFIG.chains)

    made = {step.name for step in wanted(replace(CONFIG, chains=chains)) if isinstance(step, Create)}

    assert not {"a/LINK", "b/LINK", "a/WrappedNative", "b/WrappedNative"} & made


def test_a_token_knows_only_the_chains_that_a_lane_leads_to() -> None:
    three = _with_a_third_chain()
    one_way = replace(three, lanes=(("a", "b"),))

    remote = _step(one_way, "a/pool BMT remote pool on b")

    assert references(remote.arguments) == {"b/token BMT", "b/pool BMT"}
    assert not [step.name for step in wanted(one_way) if step.name.startswith("c/pool BMT remote")]


def _step(config: NetworkConfig, name: str) -> Step:
    return next(step for step in wanted(config) if step.name == name)


def test_a_token_on_some_chains_is_only_there() -> None:
    three = _with_a_third_chain()
    token = three.tokens[0]
    some = TokenConfig(token.symbol, token.name, token.usd, {name: token.on[name] for name in ("a", "b")})

    names = {step.name for step in wanted(replace(three, tokens=(some,)))}

    assert "b/token BMT" in names
    assert "c/token BMT" not in names


def test_references_become_addresses_wherever_they_stand() -> None:
    known = {"x": STRANGER}

    value = resolve({"one": Ref("x"), "more": [1, (Ref("x"), Encoded(("address",), (Ref("x"),)))]}, known)

    assert value == {"one": STRANGER, "more": [1, [STRANGER, bytes(12) + STRANGER]]}


def test_a_plan_can_be_read() -> None:
    lines = list(describe(wanted(CONFIG)))

    assert "create" in lines[0]
    assert any("CommitStore.setOCR2Config" in line and "a>b committers" in line for line in lines)
