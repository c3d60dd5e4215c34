"""contracts/INVARIANTS.md keeps what it says: whatever it names exists.

A promise whose enforcing function or proving test was renamed away is a promise that nobody keeps.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "contracts" / "INVARIANTS.md").read_text()
TESTS = {path.name: path.read_text() for path in (ROOT / "tests" / "contracts").rglob("*.sol")}
SOURCES = {path.stem: path.read_text() for path in (ROOT / "contracts").rglob("*.sol")}
ENTRIES = re.findall(r"^\*\*(INV-[A-Z]+-\d+)\.\*\*(.*?)(?=^\*\*INV-|^## |\Z)", DOCUMENT, re.M | re.S)


def part(entry: str, name: str) -> str:
    match = re.search(rf"{name}:(.*?)(?=Proved:|If broken:|\Z)", entry, re.S)
    assert match is not None, f"no {name} in: {entry}"
    return match.group(1)


def test_every_invariant_has_an_id_of_its_own() -> None:
    ids = [identifier for identifier, _ in ENTRIES]

    assert len(ids) == len(set(ids)) == DOCUMENT.count("**INV-")


def test_every_invariant_is_proved_by_tests_that_exist() -> None:
    tests = "\n".join(TESTS.values())

    for identifier, entry in ENTRIES:
        named = re.findall(r"`([^`]+)`", part(entry, "Proved"))
        assert named, f"{identifier} names no test"
        for name in named:
            exists = name in TESTS or f"function {name}(" in tests
            assert exists, f"{identifier} is proved by {name}, which does not exist"


def test_every_invariant_is_enforced_by_functions_that_exist() -> None:
    everything = "\n".join(SOURCES.values())

    for identifier, entry in ENTRIES:
        named = re.findall(r"`([^`]+)`", part(entry, "Enforced"))
        assert named, f"{identifier} names nothing that enforces it"
        for name in named:
            contract, _, member = name.rpartition(".")
            source = SOURCES[contract] if contract else everything
            exists = re.search(rf"\b{re.escape(member)}\b", source)
            assert exists, f"{identifier} is enforced by {name}, which does not exist"


def test_every_invariant_is_cited_by_a_test() -> None:
    tests = "\n".join(TESTS.values())

    assert [identifier for identifier, _ in ENTRIES if not re.search(rf"\b{identifier}\b", tests)] == []
