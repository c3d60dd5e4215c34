"""Where chains are asked, what is told to them, and what is never shown of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from ccip_py.risk.config import ConfigError, Rpc
from ccip_py.risk.http import Http
from ccip_py.risk.rpc import Endpoint, EndpointDown, read_targets

from .test_facts import CHAINS

TOKEN = "Bearer 5ecret-token"


def secret(folder: Path, text: str, mode: int = 0o600, name: str = "secret") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


@asynccontextmanager
async def a_private_node() -> AsyncIterator[str]:
    """Answers whoever shows the token; everybody else gets a refusal."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != TOKEN:
            return web.Response(status=401, text="who are you?")
        return web.json_response(
            [{"jsonrpc": "2.0", "id": call["id"], "result": "0x1"} for call in await request.json()]
        )

    app = web.Application()
    app.add_routes([web.post("/", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def asked(*endpoints: Rpc) -> object:
    (target,) = read_targets(replace(CHAINS[0], endpoints=endpoints), one_will_do=True)
    http = Http(10)
    try:
        return await Endpoint(target, http).call("eth_chainId")
    finally:
        await http.aclose()


@pytest.mark.anyio
async def test_a_private_node_is_shown_what_it_wants(tmp_path: Path) -> None:
    async with a_private_node() as url:
        token = secret(tmp_path, f"{TOKEN}\n")

        assert await asked(Rpc(url, header_files=(("authorization", token),))) == "0x1"
        assert await asked(Rpc(url, headers=(("Authorization", TOKEN),))) == "0x1"
        with pytest.raises(EndpointDown, match="401"):
            await asked(Rpc(url))


@pytest.mark.anyio
async def test_nothing_secret_is_in_an_error_or_a_representation(tmp_path: Path) -> None:
    address = secret(tmp_path, "http://me:5ecret-token@127.0.0.1:9/5ecret-token")
    rpc = Rpc(url_file=address, header_files=(("x", secret(tmp_path, TOKEN, name="x")),))
    (target,) = read_targets(replace(CHAINS[0], endpoints=(rpc,)), one_will_do=True)
    http = Http(10)

    with pytest.raises(EndpointDown) as down:
        await Endpoint(target, http).call("eth_chainId")

    await http.aclose()
    assert str(address) in str(down.value)
    assert "5ecret" not in f"{down.value} {target!r} {rpc!r}"


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        (lambda folder: Rpc(url_file=folder / "none"), "No such file"),
        (lambda folder: Rpc(url_file=secret(folder, "http://h", 0o644)), "chmod 600"),
        (lambda folder: Rpc(url_file=secret(folder, "ftp://h/5ecret")), "no http"),
        (lambda folder: Rpc("http://h", header_files=(("x", secret(folder, "")),)), "no header's value"),
        (lambda folder: Rpc("http://h", header_files=(("x", secret(folder, "5ecret\ny: z")),)), "one line"),
    ],
)
def test_a_secret_that_can_not_be_used_is_named_and_not_shown(
    tmp_path: Path, write: Callable[[Path], Rpc], complaint: str
) -> None:
    chain = replace(CHAINS[0], endpoints=(write(tmp_path),))

    with pytest.raises(ConfigError, match=complaint) as refused:
        read_targets(chain, one_will_do=True)

    assert "5ecret" not in str(refused.value)


@pytest.mark.parametrize("again", ["http://node:80", "http://NODE/", "http://me:pass@node"])
def test_two_ways_to_say_the_same_place_are_one_endpoint(tmp_path: Path, again: str) -> None:
    """One could lie alone."""
    chain = replace(CHAINS[0], endpoints=(Rpc("http://node"), Rpc(url_file=secret(tmp_path, again))))

    with pytest.raises(ConfigError, match="same place"):
        read_targets(chain, one_will_do=False)
    assert len(read_targets(chain, one_will_do=True)) == 1


def test_different_paths_at_one_host_are_different_endpoints() -> None:
    chain = replace(CHAINS[0], endpoints=(Rpc("https://node/a"), Rpc("https://node/b")))

    assert [target.name for target in read_targets(chain, one_will_do=False)] == [
        "https://node/a",
        "https://node/b",
    ]
