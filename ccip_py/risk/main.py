"""The monitor as a process, and as a coroutine for those who host several in one loop.

python -m ccip_py.risk.main run --config risk.toml
python -m ccip_py.risk.main status --config risk.toml
python -m ccip_py.risk.main explain ID --config risk.toml
python -m ccip_py.risk.main show --config risk.toml
"""

import argparse
import json
import logging
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio

from ccip_py.risk import keys
from ccip_py.risk.config import LOCAL_CHAIN_IDS, Config, ConfigError, check, is_loopback
from ccip_py.risk.config_read import load
from ccip_py.risk.http import Http
from ccip_py.risk.monitor import Monitor
from ccip_py.risk.review import Place, curses, text
from ccip_py.risk.rpc import Endpoint, EndpointDown, Refused, Target, read_targets
from ccip_py.risk.serve import serve
from ccip_py.risk.store import Journal
from ccip_py.risk.windows import doubles

log = logging.getLogger("ccip_py.risk")


async def run(
    config: Config, *, ready: Callable[[int], None] | None = None, stop: anyio.Event | None = None
) -> None:
    """Run one monitor until `stop` is set, or for ever.

    `ready` is called with the port that votes are served on, once they are. Raises ConfigError if
    the configuration or its keys are not acceptable; nothing else that happens ends it.
    """
    check(config)
    http = Http(config.timeout_seconds)
    try:
        monitor = await open_monitor(config, http)
        try:
            async with anyio.create_task_group() as group:
                pages = {
                    "/votes": monitor.votes,
                    "/status": monitor.status,
                    "/evidence": monitor.journal.all_evidence,
                }
                port = await group.start(serve, config.listen, pages)
                if ready is not None:
                    ready(port)
                await _loop(monitor, stop or anyio.Event())
                group.cancel_scope.cancel()
        finally:
            monitor.close()
    finally:
        await http.aclose()


async def run_file(
    path: Path, *, ready: Callable[[int], None] | None = None, stop: anyio.Event | None = None
) -> None:
    """Run the monitor that a file describes, and go on with the new one whenever the file says something else.

    So a replaced lane or an announced change needs no restart by hand. A file that can't be used is reported
    and left alone: a slip of the pen must not take a monitor out of service. Raises ConfigError only for what
    is wrong at the start. `ready` is called each time that votes are served anew.
    """
    stop = stop or anyio.Event()
    config = load(path)
    while not stop.is_set():
        config = await _run_until_another(path, config, ready, stop)


async def _run_until_another(
    path: Path, config: Config, ready: Callable[[int], None] | None, stop: anyio.Event
) -> Config:
    """Run one configuration until the file holds another, which is returned, or until `stop`."""
    end, following = anyio.Event(), config
    wrong: ConfigError | None = None

    async def watch() -> None:
        nonlocal following
        following = await _another(path, config)
        end.set()

    async def heed() -> None:
        await stop.wait()
        end.set()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        group.start_soon(heed)
        try:
            await run(config, ready=ready, stop=end)
        except ConfigError as error:
            wrong = error
        group.cancel_scope.cancel()
    if wrong is not None:
        raise wrong
    return following


async def _another(path: Path, config: Config) -> Config:
    """Wait until the file says something else, and something that can be used. What is there only once
    may be half written."""
    said, seen = "", config
    while True:
        await anyio.sleep(config.poll_seconds)
        try:
            before, seen = seen, load(path)
            if seen == config or seen != before:
                continue
            load_keys(seen)
            _targets(seen)
        except (ConfigError, OSError) as error:
            if str(error) != said:
                log.error("%s: %s is not used: %s", config.name, path, error)
            said = str(error)
            continue
        log.info("%s: goes on with what %s says now", config.name, path)
        return seen


async def open_monitor(config: Config, http: Http) -> Monitor:
    """Load the keys and the stores. The caller closes the monitor."""
    loaded, targets = load_keys(config), _targets(config)
    if any(keys.is_well_known(key.address) for key in loaded):
        await _see_that_all_is_local(config, targets, http)
    if not config.simulated_independence:
        await _see_that_nobody_is_its_double(config, targets, http)
    return Monitor(config, *loaded, http)


def load_keys(config: Config) -> tuple[keys.Key, keys.Key, keys.Key]:
    """(bless, curse, relay). Raises ConfigError if one can't be had, does what another is for, or is everybody's."""
    bless, curse = keys.load(config.bless), keys.load(config.curse)
    relay = keys.load(config.relay) if config.relay is not None else bless
    if curse.address in (bless.address, relay.address):
        raise ConfigError("keys: the curse key must not be used for anything else")
    public = [chain.name for chain in config.chains if chain.chain_id not in LOCAL_CHAIN_IDS]
    for role, key in (("bless", bless), ("curse", curse), ("relay", relay)):
        if public and keys.is_well_known(key.address):
            raise ConfigError(
                f"keys.{role}: everybody knows this key, which is for Anvil on this machine and not for"
                f" {', '.join(public)}"
            )
    return bless, curse, relay


def _targets(config: Config) -> dict[str, tuple[Target, ...]]:
    """Each chain's endpoints. Raises ConfigError if one can't be had."""
    return {
        chain.name: read_targets(chain, one_will_do=config.simulated_independence) for chain in config.chains
    }


async def _loop(monitor: Monitor, stop: anyio.Event) -> None:
    """One cycle after the other. A cycle that fails is logged and tried again: a monitor that dies
    can't stop anything."""
    while not stop.is_set():
        try:
            await monitor.cycle()
        except Exception:  # the one place: whatever it was, the next cycle starts from the chains
            log.exception("%s: a cycle failed", monitor.config.name)
        with anyio.move_on_after(monitor.config.poll_seconds):
            await stop.wait()


async def _see_that_all_is_local(config: Config, targets: Mapping[str, Sequence[Target]], http: Http) -> None:
    """Keys that everybody knows are for Anvil on this machine, and for nothing else."""
    for chain, endpoints in targets.items():
        if not all(is_loopback(target.url) for target in endpoints):
            raise ConfigError(f"chains.{chain}: well-known keys are for Anvil on loopback only")
        while silent := await _silent(chain, endpoints, http):
            log.warning("%s: waiting for %s to show that it is Anvil", config.name, ", ".join(silent))
            await anyio.sleep(config.poll_seconds)


async def _see_that_nobody_is_its_double(
    config: Config, targets: Mapping[str, Sequence[Target]], http: Http
) -> None:
    """Two monitors with the same endpoints are one witness. The one that starts later is refused."""
    windows = {chain.selector: targets[chain.name] for chain in config.chains}
    found = await doubles(http, config.peers, windows)
    if found:
        raise ConfigError(
            "\n".join(
                f"chains.{config.chain(selector).name}.rpc: {peer} looks through the same endpoints"
                for peer, selector in found
            )
        )


async def _silent(chain: str, endpoints: Sequence[Target], http: Http) -> list[str]:
    """The endpoints that don't answer just now. Refuses those that answer and are no Anvil."""
    silent = []
    for target in endpoints:
        try:
            await Endpoint(target, http).call("anvil_nodeInfo")
        except Refused as error:
            raise ConfigError(
                f"chains.{chain}: well-known keys, but {target.name} is no Anvil: {error}"
            ) from error
        except EndpointDown:
            silent.append(target.name)
    return silent


# THE COMMAND


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
            anyio.run(_run, options.config)
            return 0
        config = load(options.config)
        if options.command == "explain":
            return _explain(config, options.id)
        return _status(config) if options.command == "status" else _show(config)
    except (ConfigError, OSError, EndpointDown, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ccip-risk", description="One independent risk monitor.")
    parser.add_argument("command", nargs="?", choices=("run", "status", "explain", "show"), default="run")
    parser.add_argument(
        "id", nargs="?", default="", help="tag, root or evidence id, or its beginning (explain)"
    )
    parser.add_argument("--config", type=Path, required=True)
    return parser


async def _run(path: Path) -> None:
    await run_file(path, ready=lambda port: log.info("%s: votes are served on port %d", path, port))


def _explain(config: Config, id_prefix: str) -> int:
    """Print what is stored about a vote: the facts it rests on."""
    if not id_prefix:
        raise ConfigError("explain needs a tag, a root or an evidence id")
    journal = Journal(config.directory / "journal.sqlite")
    try:
        found = journal.explain(id_prefix)
    finally:
        journal.close()
    print(json.dumps(found, indent=2))
    return 0 if found else 1


def _show(config: Config) -> int:
    """Print every curse in force, its votes and evidence, and the hash that lifts it."""
    host, port = config.listen
    targets = _targets(config)
    places = [
        Place(chain.name, targets[chain.name][0], chain.rmn, chain.start_block) for chain in config.chains
    ]
    found = curses(places, (f"http://{host}:{port}", *config.peers))
    print("\n".join(text(curse) for curse in found) or "nothing is cursed")
    return 0


def _status(config: Config) -> int:
    """Ask the running monitor on its loopback port."""
    host, port = config.listen
    with urllib.request.urlopen(f"http://{host}:{port}/status", timeout=5) as answer:
        print(json.dumps(json.load(answer), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
