"""Configuration: one file, checked as a whole, without a secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccip_py.errors import ConfigError
from ccip_py.nodes.config import NodeFile, load_node_file, parse_config

GOOD = """
kind = "committer"
name = "committer 0"
deployment = "deployment.json"
folder = "state"

[key]
keystore = "keys/key.json"
passphrase = "keys/passphrase"

[rpc]
a = ["http://127.0.0.1:8545"]

[transport]
listen = "127.0.0.1:7001"
peers = { "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" = "http://127.0.0.1:7002" }

[committer.timing]
round = 2.0

[committer.fees]
max_fee = 100
"""


def test_a_file_is_read_with_its_paths_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(GOOD)

    node = load_node_file(path)

    assert node.deployment == tmp_path / "deployment.json"
    assert node.key is not None
    assert node.key.keystore == tmp_path / "keys" / "key.json"
    assert node.committer.timing.round == 2.0
    assert node.committer.fees.max_fee == 100


def test_all_mistakes_are_reported_together_with_their_paths() -> None:
    wrong = """
kind = "oracle"
deployment = "deployment.json"
folder = "state"
secret_key = "0x01"
[rpc]
a = ["ftp://host"]
[executor]
monitors = ["http://127.0.0.1:1", 7]
[transport]
listen = "nowhere"
peers = {}
"""
    with pytest.raises(ConfigError) as refused:
        parse_config(wrong, NodeFile)

    for path in ("kind", "name", "secret_key", "rpc.a[0]", "executor.monitors[1]", "transport.listen"):
        assert f"  {path}: " in str(refused.value)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ('keystore = "a"', "belong together"),
        ('keystore = "a"\npassphrase = "b"\ndev_index = 1', "either"),
        ("", "either"),
    ],
)
def test_a_key_has_exactly_one_source(key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_config(f'kind="executor"\nname="x"\ndeployment="d"\nfolder="f"\n[key]\n{key}', NodeFile)


def test_a_committer_with_a_key_needs_a_transport() -> None:
    with pytest.raises(ConfigError, match="transport"):
        parse_config('kind="committer"\nname="x"\ndeployment="d"\nfolder="f"\n[key]\ndev_index=1', NodeFile)


def test_without_a_key_a_node_is_dry() -> None:
    node = parse_config('kind="committer"\nname="x"\ndeployment="d"\nfolder="f"', NodeFile)

    assert node.key is None


def test_what_is_no_toml_says_so() -> None:
    with pytest.raises(ConfigError, match="not TOML"):
        parse_config("kind = ", NodeFile)
