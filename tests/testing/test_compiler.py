"""Compiling on the fly: where imports are found, once per content, and the compiler's own words."""

from pathlib import Path

import pytest

from ccip_py.errors import ConfigError
from ccip_py.testing import compiler
from ccip_py.testing.compiler import compile_solidity

LIBRARY = (
    "pragma solidity ^0.8.20; library Sums { function one() internal pure returns (uint256) { return 1; } }"
)
USER = """pragma solidity ^0.8.20;
import {{Sums}} from "{where}";
contract User {{ function get() external pure returns (uint256) {{ return Sums.one(); }} }}
"""


@pytest.fixture(scope="module")
def cache(pytestconfig):
    return Path(pytestconfig.cache.mkdir("ccip"))


def put(project: Path, place: str, text: str) -> None:
    (project / place).parent.mkdir(parents=True, exist_ok=True)
    (project / place).write_text(text, encoding="utf-8")


@pytest.fixture
def asked(monkeypatch):
    """What the compiler is asked, instead of running it: which sources were found, under which remappings."""
    requests = []

    def run(_binary, request):
        requests.append(request)
        places = request["settings"]["outputSelection"]
        code = {"bytecode": {"object": ""}, "deployedBytecode": {"object": ""}}
        return {"contracts": {place: {"User": {"abi": [], "evm": code}} for place in places}}

    monkeypatch.setattr(compiler, "_run", run)
    return requests


PLACES = {
    "a remapping of remappings.txt": (
        "sums/Sums.sol",
        "lib/deep/Sums.sol",
        {"remappings.txt": "sums/=lib/deep/"},
    ),
    "a remapping of foundry.toml": (
        "sums/Sums.sol",
        "lib/deep/Sums.sol",
        {"foundry.toml": '[profile.default]\nremappings = ["sums/=lib/deep/"]'},
    ),
    "a package in node_modules": ("@scope/sums/Sums.sol", "node_modules/@scope/sums/Sums.sol", {}),
    "a file of the project": ("lib/Sums.sol", "lib/Sums.sol", {}),
}


@pytest.mark.parametrize("kind", PLACES)
def test_imports_are_found(tmp_path, asked, kind):
    imported, place, files = PLACES[kind]
    put(tmp_path, place, LIBRARY)
    for name, text in files.items():
        put(tmp_path, name, text)

    assert "User" in compile_solidity(USER.format(where=imported), tmp_path / "cache", tmp_path)

    (request,) = asked
    assert LIBRARY in [source["content"] for source in request["sources"].values()]


def test_only_remappings_that_are_used_are_told_to_the_compiler(tmp_path, asked):
    """Others would make the same source look different in every project."""
    put(tmp_path, "node_modules/sums/Sums.sol", LIBRARY)
    put(tmp_path, "node_modules/other/index.js", "")

    compile_solidity(USER.format(where="sums/Sums.sol"), tmp_path / "cache", tmp_path)

    assert asked[0]["settings"]["remappings"] == [f"sums/={tmp_path.as_posix()}/node_modules/sums/"]


def test_the_same_content_is_compiled_once(tmp_path, asked):
    for _ in range(2):
        compile_solidity("pragma solidity ^0.8.20; contract User { }", tmp_path / "cache", tmp_path)
    compile_solidity("pragma solidity ^0.8.20; contract User { uint256 a; }", tmp_path / "cache", tmp_path)

    assert len(asked) == 2


def test_a_damaged_cache_is_made_anew(tmp_path, asked):
    source = "pragma solidity ^0.8.20; contract User { }"
    compile_solidity(source, tmp_path, tmp_path)
    (kept,) = (tmp_path / "solidity").iterdir()
    kept.write_text("{", encoding="utf-8")

    assert "User" in compile_solidity(source, tmp_path, tmp_path)
    assert len(asked) == 2


def test_what_is_missing_or_impossible_is_named(tmp_path, cache):
    with pytest.raises(ConfigError, match=r"Inline\.sol imports .*Nowhere\.sol, which is not there"):
        compile_solidity(USER.format(where="./Nowhere.sol"), cache, tmp_path)
    with pytest.raises(ConfigError, match=r"no Solidity compiler for pragma 0\.4\.1"):
        compile_solidity("pragma solidity 0.4.1; contract Old { }", cache, tmp_path)
    with pytest.raises(ConfigError, match="no Solidity sources"):
        compile_solidity(tmp_path, cache, tmp_path)


def test_comments_are_no_imports(tmp_path, asked):
    source = 'pragma solidity ^0.8.20; // import "./no.sol";\n/* import "./no.sol"; */ contract User { }'

    compile_solidity(source, tmp_path / "cache", tmp_path)

    assert len(asked[0]["sources"]) == 1
