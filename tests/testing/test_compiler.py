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


SHIPPED = """pragma solidity ^0.8.28;
import {CrossChainApp} from "ccip/apps/CrossChainApp.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
contract User { }
"""


@pytest.mark.parametrize("checkout", [True, False])
def test_what_comes_with_the_package_is_found_without_a_checkout_too(tmp_path, asked, monkeypatch, checkout):
    if not checkout:
        monkeypatch.setattr(compiler, "ROOT", tmp_path / "site-packages")
        monkeypatch.setattr(compiler, "_compiler", lambda *_: (Path("solc"), "0.8.30"))

    compile_solidity(SHIPPED, tmp_path / "cache", tmp_path)

    names = list(asked[0]["sources"])
    for wanted in ("ccip/apps/CrossChainApp.sol", "ccip/types/Client.sol", "access/Ownable2Step.sol"):
        assert [name for name in names if name.endswith(wanted)], wanted
    assert all(name == compiler.INLINE or name.startswith("/") for name in names)


def test_productions_names_mean_the_same_files_as_ours_wherever_these_are(tmp_path, asked):
    for place in ("receivers/CCIPReceiver.sol", "types/Client.sol"):
        put(tmp_path, f"vendor/{place}", "pragma solidity ^0.8.20; library Some { }")
    put(tmp_path, "remappings.txt", "ccip/=vendor/")
    source = """pragma solidity ^0.8.20; import "ccip/receivers/CCIPReceiver.sol";
    import "@chainlink/contracts-ccip/contracts/libraries/Client.sol"; contract User { }"""

    compile_solidity(source, tmp_path / "cache", tmp_path)

    shipped = [name for name in asked[0]["sources"] if not name.startswith(tmp_path.as_posix())]
    assert shipped == [compiler.INLINE]


def test_a_package_of_the_project_comes_before_what_is_shipped(tmp_path, asked):
    place = "node_modules/@openzeppelin/contracts/token/ERC20/IERC20.sol"
    put(tmp_path, place, "pragma solidity ^0.8.20; interface IERC20 { }")

    compile_solidity(
        'pragma solidity ^0.8.20; import "@openzeppelin/contracts/token/ERC20/IERC20.sol"; contract User { }',
        tmp_path / "cache",
        tmp_path,
    )

    assert f"{tmp_path.as_posix()}/{place}" in asked[0]["sources"]


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
