"""The monitor as a process sees it: starting, serving, refusing, explaining, stopping."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from eth_account import Account

from ccip_py.risk import main as risk_main
from ccip_py.risk.config import ConfigError, KeySource, Rpc
from ccip_py.risk.config_read import load
from ccip_py.risk.config_toml import as_toml
from ccip_py.risk.http import Http, HttpError
from ccip_py.risk.keys import dev_key
from ccip_py.risk.main import main, run, run_file
from ccip_py.risk.monitor import Monitor
from ccip_py.testing.faults import Disconnected, FaultProxy

from .builders import SOURCE
from .world import World, config_for

pytestmark = pytest.mark.anyio


async def test_runs_serves_and_stops(world: World, tmp_path: Path) -> None:
    config = config_for(world, 0, tmp_path, poll_seconds=0.01)
    stop, ready = anyio.Event(), anyio.Event()
    ports: list[int] = []

    def on_ready(port: int) -> None:
        ports.append(port)
        ready.set()

    async def observe() -> None:
        await ready.wait()
        http = Http(10)
        url = f"http://127.0.0.1:{ports[0]}"
        assert json.loads(await http.get(f"{url}/votes")) == []
        assert json.loads(await http.get(f"{url}/evidence")) == []
        status = json.loads(await http.get(f"{url}/status"))
        assert status["independence"] == "simulated"
        with pytest.raises(HttpError, match="404"):
            await http.get(f"{url}/keys")
        with pytest.raises(HttpError, match="405"):
            await http.post_json(f"{url}/votes", b"[]")
        await http.aclose()
        stop.set()

    async with anyio.create_task_group() as group:
        group.start_soon(observe)
        await run(config, ready=on_ready, stop=stop)


async def test_a_cycle_that_fails_does_not_end_the_monitor(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_for(world, 0, tmp_path, poll_seconds=0.001)
    stop = anyio.Event()
    times = 0

    class Failing(Monitor):
        async def cycle(self) -> None:
            nonlocal times
            times += 1
            if times == 3:
                stop.set()
            raise RuntimeError("a bug")

    # Its name and not its method: other tests' networks may have monitors at work in other threads.
    monkeypatch.setattr(risk_main, "Monitor", Failing)
    await run(config, stop=stop)

    assert times == 3


async def test_one_key_in_two_roles_is_refused(world: World, tmp_path: Path) -> None:
    same = KeySource(dev_key_index=14)

    with pytest.raises(ConfigError, match="two different keys"):
        await run(config_for(world, 0, tmp_path, bless=same, curse=same))
    with pytest.raises(ConfigError, match="relay"):
        await run(config_for(world, 0, tmp_path, relay=same))


def everybodys(folder: Path, name: str, index: int) -> KeySource:
    """One of Anvil's keys, in a keystore of somebody's own."""
    sealed = Account.encrypt(dev_key(index).secret.secret, "pw", kdf="pbkdf2", iterations=2)
    for file, text in ((f"{name}.json", json.dumps(sealed)), (f"{name}.txt", "pw")):
        (folder / file).write_text(text)
        (folder / file).chmod(0o600)
    return KeySource(folder / f"{name}.json", folder / f"{name}.txt")


@pytest.mark.parametrize("role", ["bless", "curse", "relay"])
async def test_a_key_that_everybody_knows_is_refused_on_a_public_chain_even_in_a_keystore(
    world: World, tmp_path: Path, role: str
) -> None:
    local = config_for(world, 0, tmp_path, simulated_independence=False)
    elsewhere = tuple(
        replace(chain, endpoints=(Rpc("http://127.0.0.1:1"), Rpc("http://127.0.0.1:2")))
        for chain in local.chains
    )
    public = replace(elsewhere[0], chain_id=1)
    sources = {
        name: everybodys(tmp_path, name, n) if name == role else own_key(tmp_path, name)
        for n, name in enumerate(("bless", "curse", "relay"))
    }

    with pytest.raises(ConfigError, match=rf"keys\.{role}: everybody knows this key"):
        await run(replace(local, chains=(public, elsewhere[1]), **sources))


def own_key(folder: Path, name: str) -> KeySource:
    """A key of its own."""
    source = everybodys(folder, name, 0)
    sealed = Account.encrypt(name.encode().rjust(32, b"k"), "pw", kdf="pbkdf2", iterations=2)
    (folder / f"{name}.json").write_text(json.dumps(sealed))
    return source


async def test_a_key_that_everybody_knows_needs_an_anvil_even_in_a_keystore(
    world: World, tmp_path: Path
) -> None:
    async with serving_no_anvil() as url:
        config = config_for(
            world, 0, tmp_path, bless=everybodys(tmp_path, "bless", 11), routes={SOURCE: (url,)}
        )
        sources = {name: own_key(tmp_path, name) for name in ("curse", "relay")}
        with pytest.raises(ConfigError, match="no Anvil"):
            await run(replace(config, **sources))


async def not_anvil(request: web.Request) -> web.Response:
    """A node of another kind: it does not know the method."""
    error = {"code": -32601, "message": "the method does not exist"}
    asked = await request.json()
    return web.json_response([{"jsonrpc": "2.0", "id": call["id"], "error": error} for call in asked])


@asynccontextmanager
async def serving_no_anvil() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([web.post("/", not_anvil)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def test_well_known_keys_are_refused_where_there_is_no_anvil(world: World, tmp_path: Path) -> None:
    async with serving_no_anvil() as url:
        with pytest.raises(ConfigError, match="no Anvil"):
            await run(config_for(world, 0, tmp_path, routes={SOURCE: (url,)}))


async def test_a_start_waits_for_an_endpoint_that_is_silent(world: World, tmp_path: Path) -> None:
    """As it would wait in the middle of its work: with one witness there is nothing to compare."""
    async with FaultProxy(world.source.url) as proxy:
        proxy.set(Disconnected())
        config = config_for(world, 0, tmp_path, poll_seconds=0.01, routes={SOURCE: (proxy.url,)})
        stop, ready = anyio.Event(), anyio.Event()

        async with anyio.create_task_group() as group:
            group.start_soon(lambda: run(config, ready=lambda _: ready.set(), stop=stop))
            while proxy.calls["anvil_nodeInfo"] < 3:
                await anyio.sleep(0.01)
            assert not ready.is_set()
            proxy.clear()
            with anyio.fail_after(30):
                await ready.wait()
            stop.set()


async def test_goes_on_with_what_its_file_says_now(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A lane is replaced: nobody restarts anything. What can't be used is left alone meanwhile."""
    config, path = config_for(world, 0, tmp_path, poll_seconds=0.01), tmp_path / "risk.toml"
    path.write_text(as_toml(config))
    ports, stop = anyio.create_memory_object_stream[int](9), anyio.Event()
    http = Http(10)

    async def status(port: int) -> dict[str, Any]:
        return dict(json.loads(await http.get(f"http://127.0.0.1:{port}/status")))

    async with anyio.create_task_group() as group, ports[0], ports[1]:
        group.start_soon(lambda: run_file(path, ready=ports[0].send_nowait, stop=stop))
        with anyio.fail_after(30):
            first = await ports[1].receive()
            for broken in (
                "[monitor",
                as_toml(replace(config, curse=KeySource(tmp_path / "no", tmp_path / "no"))),
            ):
                caplog.clear()
                path.write_text(broken)
                while "is not used" not in caplog.text:
                    await anyio.sleep(0.01)
            assert (await status(first))["name"] == "monitor-0"

            (old,) = config.lanes
            lanes = (
                replace(old, retired=True),
                replace(old, on_ramp=b"\x1a" * 20, commit_store=b"\x1b" * 20, off_ramp=b"\x1c" * 20),
            )
            path.write_text(as_toml(replace(config, name="renamed", lanes=lanes)))
            second = await ports[1].receive()
            assert (await status(second))["name"] == "renamed"
        stop.set()
    await http.aclose()


async def test_a_file_is_believed_when_it_says_the_same_twice(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read once may be half written, and half a list of lanes is a list of lanes."""
    config = config_for(world, 0, tmp_path, poll_seconds=0.0)
    half, whole = replace(config, lanes=()), replace(config, name="whole")
    said = iter([config, half, whole, whole])
    monkeypatch.setattr(risk_main, "load", lambda _: next(said))

    assert await risk_main._another(tmp_path / "risk.toml", config) == whole


async def test_a_file_that_is_wrong_to_begin_with_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "risk.toml"
    path.write_text(as_toml(config_for(world, 0, tmp_path, curse=KeySource(dev_key_index=10))))

    with pytest.raises(ConfigError, match="two different keys"):
        await run_file(path)
    path.write_text("[monitor")
    with pytest.raises(ConfigError, match=r"risk\.toml"):
        await run_file(path)


TOML = """
[monitor]
name = "one"
store = "state"
listen = "127.0.0.1:9101"
peers = ["http://127.0.0.1:9102/"]

[keys.bless]
keystore = "bless.json"
password_file = "bless.txt"
[keys.curse]
keystore = "curse.json"
password_file = "curse.txt"

[[chains]]
name = "a"
selector = "7759470850252068959"
chain_id = 31337
rpc = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
finality = "finalized"
start_block = 5
rmn = "0x0101010101010101010101010101010101010101"
rmn_proxy = "0x0202020202020202020202020202020202020202"
absence_grace = 64
[[chains.pools]]
pool = "0x0303030303030303030303030303030303030303"
token = "0x0404040404040404040404040404040404040404"
decimals = 6

[[chains]]
name = "b"
selector = "3379446385462418246"
chain_id = 1337
rpc = ["http://127.0.0.1:3", "http://127.0.0.1:4"]
finality = 12
rmn = "0x0101010101010101010101010101010101010101"
rmn_proxy = "0x0202020202020202020202020202020202020202"

[[lanes]]
source = "7759470850252068959"
destination = "3379446385462418246"
on_ramp = "0x0505050505050505050505050505050505050505"
commit_store = "0x0606060606060606060606060606060606060606"
off_ramp = "0x0707070707070707070707070707070707070707"
"""


def test_reads_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "risk.toml").write_text(TOML)

    config = load(tmp_path / "risk.toml")

    assert config.listen == ("127.0.0.1", 9101)
    assert config.peers == ("http://127.0.0.1:9102",)
    assert config.bless.keystore == tmp_path / "bless.json"
    assert [chain.finality for chain in config.chains] == [None, 12]
    assert config.chains[0].pools[0].decimals == 6
    assert config.lanes[0].on_ramp == b"\x05" * 20


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"http://127.0.0.1:2"', '"http://127.0.0.1:1"', "two different endpoints"),
        ("[keys.curse]\nkeystore = \"curse.json\"\npassword_file = \"curse.txt\"", "", "keys.curse"),
        ('keystore = "curse.json"\npassword_file = "curse.txt"', 'keystore = "bless.json"\npassword_file = "bless.txt"', "two different keys"),
        ("finality = 12", "finality = 0", "finality"),
        ('listen = "127.0.0.1:9101"', 'listen = "0.0.0.0:9101"', "loopback"),
        ('destination = "3379446385462418246"', 'destination = "5"', "two chains"),
        ('rmn = "0x0101010101010101010101010101010101010101"', 'rmn = "0x01"', "20 bytes"),
        ("chain_id = 31337", 'chain_id = "x"', "chain_id"),
        ('"http://127.0.0.1:2"', '"http://127.0.0.1:1/"', "two different endpoints"),
        ('"http://127.0.0.1:2"', '"http://me:pw@127.0.0.1:2"', "url_file"),
        ('"http://127.0.0.1:2"', '"127.0.0.1:2"', "http or https"),
        ('"http://127.0.0.1:2"', '{ headers = {} }', "either a url or a url_file"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", url_file = "f" }', "either a url or a url_file"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", header = { x = "1" } }', "unknown: header"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", headers = { "x y" = "1" } }', "can't be headers"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", headers = { Host = "1" } }', "can't be headers"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", headers = { a = "1", A = "2" } }', "given twice"),
        ('"http://127.0.0.1:2"', '{ url = "http://h", headers = { a = "1\\n2" } }', "one line"),
    ],
)  # fmt: skip
def test_refuses_a_bad_configuration_by_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in TOML
    (tmp_path / "risk.toml").write_text(TOML.replace(old, new))

    with pytest.raises(ConfigError, match=complaint):
        load(tmp_path / "risk.toml")


@pytest.mark.parametrize("shared", ["on_ramp", "commit_store", "off_ramp"])
def test_refuses_two_lanes_that_share_a_contract(tmp_path: Path, shared: str) -> None:
    lane = TOML[TOML.index("[[lanes]]") :]
    other = lane.replace("0505", "1515").replace("0606", "1616").replace("0707", "1717")
    mine = next(line for line in lane.splitlines() if line.startswith(shared))
    other = re.sub(rf"^{shared}.*$", mine, other, flags=re.MULTILINE)
    (tmp_path / "risk.toml").write_text(TOML + other)

    with pytest.raises(ConfigError, match=f"the same {shared}"):
        load(tmp_path / "risk.toml")


def test_all_mistakes_are_reported_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "risk.toml").write_text(TOML.replace("finality = 12", "finality = 0").replace("31337", '"x"'))

    assert main(["run", "--config", str(tmp_path / "risk.toml")]) == 1

    complaints = capsys.readouterr().err
    assert "chain_id" in complaints
    assert "finality" in complaints


def test_explains_nothing_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "risk.toml").write_text(TOML)

    assert main(["explain", "abcd", "--config", str(tmp_path / "risk.toml")]) == 1
    assert json.loads(capsys.readouterr().out) == []
