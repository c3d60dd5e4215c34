"""Our compiled interfaces against production's: nothing differs but what `deviations` lists, and all of that does."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ccip_py.deploy import artifacts
from ccip_py.protocol.keccak import keccak

from .abi import FACTS, KINDS, compiled, differences, reference
from .deviations import BEHAVIOUR, DEVIATIONS, NONE

README = Path(__file__).parents[2] / "README.md"
PAIRS = pytest.mark.parametrize("pair", DEVIATIONS, ids=" ~ ".join)
RECEIVERS = ("CCIPReceiver", "DefensiveReceiver", "PingPong", "Inbox", "VaultDepositor")


@pytest.mark.parametrize("contract", json.loads(FACTS.read_text(encoding="utf-8")))
def test_the_facts_agree_with_themselves(contract):
    for kind, entries in reference(contract).items():
        for signature, entry in entries.items():
            digest = "0x" + keccak(signature.encode()).hex()
            assert entry.get("topic", digest) == digest, (kind, signature)
            assert entry.get("selector", digest[:10]) == digest[:10], (kind, signature)


@PAIRS
def test_nothing_differs_but_what_is_listed(pair):
    ours, theirs = pair
    listed = Counter(each for deviation in DEVIATIONS[pair] for each in deviation.differences())
    found = differences(compiled(ours), reference(theirs))

    assert max(listed.values()) == 1, f"listed twice: {[each for each, n in listed.items() if n > 1]}"
    assert sorted(found - listed.keys()) == [], "differs and is not listed"
    assert sorted(listed.keys() - found) == [], "listed and does not differ (any more)"


@PAIRS
def test_something_is_left_to_compare(pair):
    ours, theirs = (interface(name) for interface, name in zip((compiled, reference), pair, strict=True))

    assert all(ours[kind].keys() & theirs[kind].keys() for kind in KINDS)


@pytest.mark.parametrize("contract", RECEIVERS)
def test_receivers_are_called_and_asked_as_in_production(contract):
    functions = compiled(contract)["functions"]
    arguments = "(bytes32,uint64,bytes,bytes,(address,uint256)[])"

    assert functions[f"ccipReceive({arguments})"]["selector"] == "0x85572ffb"
    assert functions[f"ccipReceive({arguments})"]["mutability"] == "nonpayable"
    assert functions["supportsInterface(bytes4)"]["selector"] == "0x01ffc9a7"
    assert functions["getRouter()"]["selector"] == "0xb0f479a1"
    assert "InvalidRouter(address)" in compiled(contract)["errors"]


@pytest.mark.parametrize(("function", "fields"), [("lockOrBurn", 2), ("releaseOrMint", 1)])
def test_pools_answer_one_struct(function, fields):
    """The facts write a struct as its fields; with dynamic content the bytes would differ."""
    for pool in ("BurnMintTokenPool", "LockReleaseTokenPool"):
        (entry,) = (item for item in artifacts.load(pool).abi if item.get("name") == function)
        (output,) = entry["outputs"]
        assert output["type"] == "tuple"
        assert len(output["components"]) == fields


def rows_of_the_readme():
    _, _, table = README.read_text(encoding="utf-8").partition("| here | production 1.5 | why |\n")
    return {
        match.group(1).strip()
        for line in table.split("\n\n")[0].splitlines()[1:]
        if (match := re.match(r"\| (.*?) \|", line))
    }


def test_the_readme_and_the_list_tell_the_same():
    shown = {deviation.row for deviations in DEVIATIONS.values() for deviation in deviations} - {NONE}

    assert sorted((shown | BEHAVIOUR) - rows_of_the_readme()) == [], "not in the README"
    assert sorted(rows_of_the_readme() - (shown | BEHAVIOUR)) == [], "in the README only"
