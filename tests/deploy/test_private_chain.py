"""Private chains: gas that costs nothing, endpoints that let nobody in without a header, and a list of who may send."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ccip_py.chains.deployment import load_deployment, save_deployment
from ccip_py.deploy import NetworkConfig, devnet_config
from ccip_py.deploy.admin import curse
from ccip_py.deploy.devnet import ACCOUNTS, CHAIN_IDS, DEPLOYERS, GUARDIAN, OWNER, USERS
from ccip_py.deploy.keys import dev_account, dev_address
from ccip_py.deploy.network import deploy_to_file
from ccip_py.deploy.toml import load_config, parse_config
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.errors import ConfigError, ContractRefused, EndpointDown
from ccip_py.nodes.config import NodeFile
from ccip_py.nodes.main import _urls
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.drive import RpcUrl
from ccip_py.sdk.flows import MessageOptions
from tests.deploy.conftest import Deployed

TOKEN = "Bearer let-me-in"
HEADERS = {"authorization": "env:CHAIN_TOKEN"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "network.toml"


@contextmanager
def gate(target: str) -> Iterator[str]:
    """An endpoint that answers 401 to whoever does not show the token."""

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            code, answer = 401, b"who are you?"
            if self.headers.get("authorization") == TOKEN:
                asked = urllib.request.Request(target, body, {"content-type": "application/json"})
                with urllib.request.urlopen(asked, timeout=30) as said:
                    code, answer = said.status, said.read()
            self.send_response(code)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[NetworkConfig]:
    """Two chains on which nobody of the network owns a coin."""
    monkeypatch.setenv("CHAIN_TOKEN", TOKEN)
    poor = (*DEPLOYERS, OWNER, GUARDIAN, *USERS)
    with ExitStack() as stack:
        urls = []
        for chain_id in CHAIN_IDS[:2]:
            options = AnvilOptions(chain_id, accounts=ACCOUNTS, base_fee=0, slots_in_an_epoch=1)
            chain = stack.enter_context(Anvil(options))
            for index in poor:
                chain.set_balance(dev_account(index).address, 0)
            urls.append(stack.enter_context(gate(chain.url)))
        config = devnet_config(urls)
        chains = tuple(replace(chain, rpc_headers=HEADERS, gas_price=0) for chain in config.chains)
        yield replace(config, chains=chains, allowed_senders=(dev_address(USERS[0]),))


def test_a_network_on_private_chains_is_deployed_asked_and_used(
    private: NetworkConfig, tmp_path: Path
) -> None:
    file = tmp_path / "deployment.json"

    deployment = deploy_to_file(private, file)

    assert "let-me-in" not in file.read_text()
    assert json.loads(file.read_text())["chains"][0]["rpc_headers"] == HEADERS
    with Ccip.connect(file) as ccip:
        me, stranger = dev_account(USERS[0]), dev_account(USERS[1])
        what: MessageOptions = {"data": b"hi", "fee_token": "LINK", "gas_limit": 0}
        found = ccip.preflight("a", "b", me.address, sender=me.address, **what)
        assert [each.code for each in found] == ["NOT_A_RECEIVER"]  # and no coins are missing
        sent = ccip.send("a", "b", me.address, signer=me, **what)
        assert sent.sequence_number == 1
        with pytest.raises(ContractRefused, match="SenderNotAllowed"):
            ccip.send("a", "b", me.address, signer=stranger, **what)
    console = Deployed(private, deployment, {}).console("b", GUARDIAN)
    curse(console, deployment.chain_named("a").selector)


def test_without_the_header_it_is_said_what_is_missing(private: NetworkConfig) -> None:
    bare = {chain.name: chain.rpc_url for chain in private.chains}
    routers = {name: (url, "0x" + "11" * 20) for name, url in bare.items()}

    with pytest.raises(EndpointDown, match="HTTP 401") as refused:
        Ccip.at(routers)

    assert "rpc_headers" in refused.value.hint


def test_nodes_show_the_header_too(monkeypatch: pytest.MonkeyPatch, deployed: Deployed) -> None:
    monkeypatch.setenv("CHAIN_TOKEN", TOKEN)
    chains = tuple(replace(chain, rpc_headers=HEADERS) for chain in deployed.deployment.chains)
    node = NodeFile.model_construct(rpc={})

    found = _urls(node, replace(deployed.deployment, chains=chains))

    assert [target.headers for (target,) in found.values()] == [{"authorization": TOKEN}] * 2
    assert "let-me-in" not in repr(found)


def test_a_header_in_a_file_must_be_its_owners_alone(tmp_path: Path, deployed: Deployed) -> None:
    secret = tmp_path / "a.header"
    secret.write_text(TOKEN + "\n")
    chain = replace(deployed.deployment.chains[0], rpc_headers={"authorization": f"file:{secret}"})
    deployment = replace(deployed.deployment, chains=(chain, *deployed.deployment.chains[1:]))
    secret.chmod(0o644)
    with pytest.raises(ConfigError, match="owner alone"):
        Ccip(deployment)
    secret.chmod(0o600)
    save_deployment(deployment, tmp_path / "deployment.json")

    with Ccip(load_deployment(tmp_path / "deployment.json")) as ccip:
        endpoint = ccip.driver._endpoints[chain.selector]

    assert endpoint == RpcUrl(chain.rpc_url, {"authorization": TOKEN})
    assert "let-me-in" not in repr(endpoint)


def test_an_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch, private: NetworkConfig) -> None:
    monkeypatch.delenv("CHAIN_TOKEN")

    with pytest.raises(ConfigError, match="env:CHAIN_TOKEN"):
        deploy_to_file(private, Path("never.json"))


@pytest.mark.parametrize("value", ['"Bearer let-me-in"', '["env:X"]', '"env:"', "1"])
def test_a_value_that_stands_there_itself_is_refused_and_not_shown(value: str) -> None:
    text = EXAMPLE.read_text().replace(
        "chain_id = 31337", f"chain_id = 31337\nrpc_headers.authorization = {value}"
    )

    with pytest.raises(ConfigError, match=r"chains\[0\].rpc_headers: want a table") as refused:
        parse_config(text)

    assert "let-me-in" not in str(refused.value)


def test_references_are_read_from_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    line = 'chain_id = 31337\nrpc_headers = { authorization = "env:CHAIN_TOKEN" }'
    path.write_text(EXAMPLE.read_text().replace("chain_id = 31337", line))

    assert load_config(path).chains[0].rpc_headers == HEADERS
