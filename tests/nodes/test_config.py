"""Configuration: one file, checked as a whole, without a secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.evm.endpoint import Target
from ccip_py.errors import ConfigError
from ccip_py.nodes.config import (
    CommitterConfig,
    EndpointConfig,
    ExecutorConfig,
    NodeFile,
    load_node_file,
    parse_config,
)
from ccip_py.nodes.config_check import check
from ccip_py.nodes.main import target_of

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
round = 1.0

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
    assert node.committer.timing.round == 1.0
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

    for path in ("kind", "name", "secret_key", "rpc.a[0].url", "executor.monitors[1]", "transport.listen"):
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


def test_secrets_of_an_endpoint_come_from_files_of_their_own(tmp_path: Path) -> None:
    rpc = """
[rpc]
a = ["http://127.0.0.1:8545", { url_file = "url", headers = { x-plan = "free" }, header_files = { authorization = "token" } }]
"""
    (tmp_path / "node.toml").write_text(GOOD.replace('[rpc]\na = ["http://127.0.0.1:8545"]', rpc))
    for name, secret in (("url", "https://host/v2/hunter2\n"), ("token", "Bearer hunter3\n")):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    plain, guarded = load_node_file(tmp_path / "node.toml").rpc["a"]

    assert target_of(plain) == Target("http://127.0.0.1:8545")
    target = target_of(guarded)
    assert target == Target("https://host/v2/hunter2", {"x-plan": "free", "authorization": "Bearer hunter3"})
    assert "hunter" not in f"{target} {guarded}"


def test_what_its_surroundings_show_to_be_wrong_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("secret")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "node.toml").write_text(
        """
kind = "committer"
name = "x"
deployment = "d"
folder = "f"
journal_url_file = "open"
metrics = "127.0.0.1:7000"
key = { keystore = "missing", passphrase = "missing" }
transport = { listen = "127.0.0.1:7000", peers = {} }
[rpc]
z = [{ url_file = "missing", header_files = { authorization = "open" } }]
[[committer.lanes]]
source = 1
destination = 2
[[prices.fixed]]
chain = 3
token = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
usd = 1
"""
    )
    with pytest.raises(ConfigError) as refused:
        check(load_node_file(tmp_path / "node.toml"), Deployment((), ()))

    places = ("key.keystore", "key.passphrase", "journal_url_file", "metrics", "rpc.z", "rpc.z[0].url_file")
    places += ("rpc.z[0].header_files.authorization", "committer.lanes[0]", "prices.fixed[0].chain")
    for path in places:
        assert f"  {path}: " in str(refused.value)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer hunter2")
    (tmp_path / "token").chmod(0o644)

    with pytest.raises(ConfigError, match="header file must be readable by its owner alone") as refused:
        target_of(EndpointConfig(url="http://host", header_files={"authorization": tmp_path / "token"}))

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ({"url": "http://user:pass@host"}, "file of its own"),
        ({"url": "http://host", "url_file": "url"}, "either"),
        ({}, "either"),
        ({"url": "http://host", "headers": {"X": "1"}, "header_files": {"x": "x"}}, "twice"),
    ],
)
def test_an_endpoint_is_refused_that_is_none_or_shows_a_secret(endpoint: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        EndpointConfig.model_validate(endpoint)


def test_K14_chains_are_polled_and_nothing_listens_to_a_socket_that_may_fall_silent() -> None:
    with pytest.raises(ConfigError, match="want an http or https URL"):
        parse_config(GOOD.replace("http://127.0.0.1:8545", "ws://127.0.0.1:8545"), NodeFile)


@pytest.mark.parametrize(
    ("kind", "section", "wrong", "named"),
    [
        ("committer", "timing", "progress = 1.0\npace = -1", ("progress must exceed", "pace > 0")),
        ("committer", "timing", "in_flight = 5.0", ("in_flight must leave",)),
        ("committer", "timing", "tenure = inf", ("nothing takes longer",)),
        ("committer", "pace", "pause = -0.5\ntimeout = 0", ("pause must", "timeout must")),
        ("executor", "pace", "pause = nan\nlongest_backoff = inf", ("pause must", "longest_backoff must")),
        ("committer", "fees", "bump_permille = 0\nin_flight = 0", ("bump_permille must", "in_flight must")),
        ("executor", "fees", "max_fee = -1\npatience = -1", ("max_fee must", "patience must")),
        ("executor", "limits", "messages = 0\nblock_share_percent = 101", ("messages must", "block_share")),
        ("executor", "fee_guard", "percent_of_cost = -1", ("percent_of_cost must",)),
        ("committer", "gas_price", "heartbeat = -1\ndeviation_ppb = -1", ("heartbeat must", "deviation_ppb")),
        ("committer", "timing", "rond = 2.0", ("rond",)),
        ("executor", "limits", "gass = 2", ("gass",)),
    ],
)
def test_what_makes_no_sense_is_refused_when_the_file_is_read(
    kind: str, section: str, wrong: str, named: tuple[str, ...]
) -> None:
    text = (
        f'kind="{kind}"\nname="x"\ndeployment="d"\nfolder="f"\nlog_level="loud"\n[{kind}.{section}]\n{wrong}'
    )
    with pytest.raises(ConfigError) as refused:
        parse_config(text, NodeFile)

    assert "  log_level: " in str(refused.value)  # with all other mistakes
    assert f"  {kind}.{section}" in str(refused.value)
    assert all(name in str(refused.value) for name in named)


def test_what_is_not_said_makes_sense() -> None:
    for kind in (CommitterConfig, ExecutorConfig):
        kind.model_validate({name: getattr(kind(), name) for name in kind.model_fields})
