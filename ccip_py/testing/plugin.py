"""A pytest plugin: whole CCIP networks for tests, moved block by block instead of waited for.

    from ccip_py.testing import Stage

    def test_hello(ccip):
        inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
        sent = ccip.send("a", "b", inbox, data=b"hi")
        ccip.run_until(sent, Stage.EXECUTED)
        assert inbox.lastData() == b"hi"

Fixtures: `ccip`, for one test, undone after it on all chains and in all nodes; `ccip_network`, the same network before any
test, for fixtures of a wider scope: what they deploy there stays.
Markers: `ccip_chains(3)` a third chain, "c" (up to ten); `ccip_finality(blocks)` how deep a block must lie to be final;
`ccip_no_isolation` what the test did stays.
Options: `--ccip-chains`, `--ccip-finality`, `--ccip-cache`, `--ccip-show-internal`.

What `ccip` can do is told in `ccip_py.testing.sandbox`, and by example in README.md beside this file. Loading this module
costs next to nothing: everything heavy is imported when a test first asks for a network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ccip_py.testing.sandbox import Sandbox

Networks = Callable[[int], "Sandbox"]
"""The session's network with that many chains, started when first asked for."""

# Of a test whose `ccip` was made, also if another fixture fails.
SANDBOX: pytest.StashKey[Sandbox] = pytest.StashKey()
OWN = frozenset({"ccip", "ccip_network", "ccip_networks"})

MARKERS = (
    "ccip_chains(count): the test's network has that many chains, from two to ten",
    "ccip_finality(blocks): a block is final when so many lie above it",
    "ccip_no_isolation: what the test does to the network is not undone",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all of which start with --ccip-."""
    group = parser.getgroup("ccip", "CCIP networks")
    group.addoption("--ccip-chains", type=int, default=2, metavar="N", help="chains of a network (2)")
    group.addoption(
        "--ccip-finality", type=int, default=None, metavar="BLOCKS", help="blocks until a block is final (2)"
    )
    group.addoption("--ccip-cache", default=None, metavar="DIR", help="where compiled sources are kept")
    group.addoption(
        "--ccip-show-internal", action="store_true", help="show the library's own frames in tracebacks"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, for --strict-markers."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.fixture(scope="session")
def ccip_networks(request: pytest.FixtureRequest) -> Iterator[Networks]:
    """Networks by number of chains. Each worker process of pytest-xdist has its own."""
    config = request.config
    with ExitStack() as stack:
        running: dict[int, Sandbox | str] = {}

        def start(chains: int) -> Sandbox:
            if chains not in running:
                running[chains] = _started(stack, config, chains)
            network = running[chains]
            if isinstance(network, str):
                pytest.fail(network, pytrace=False)
            return network

        yield start


def _started(stack: ExitStack, config: pytest.Config, chains: int) -> Sandbox | str:
    """A network, or why there is none: that is no matter of the test's, and needs no trace."""
    from ccip_py.errors import CcipError
    from ccip_py.testing.sandbox import open_sandbox

    try:
        made = open_sandbox(chains=chains, cache=_cache(config), project=config.rootpath)
        return stack.enter_context(made)
    except CcipError as problem:
        return f"no network could be started: {problem}\nhelp: {problem.hint}"


@pytest.fixture(scope="session")
def ccip_network(ccip_networks: Networks, pytestconfig: pytest.Config) -> Sandbox:
    """The session's network."""
    return ccip_networks(pytestconfig.getoption("--ccip-chains"))


@pytest.fixture
def ccip(request: pytest.FixtureRequest, ccip_networks: Networks) -> Iterator[Sandbox]:
    """The network for one test; afterwards everything is as it was before."""
    chains = _marked(request, "ccip_chains", request.config.getoption("--ccip-chains"))
    finality = _marked(request, "ccip_finality", request.config.getoption("--ccip-finality"))
    sandbox = ccip_networks(chains)
    request.node.stash[SANDBOX] = sandbox
    with sandbox.isolated(finality, keep=request.node.get_closest_marker("ccip_no_isolation") is not None):
        yield sandbox


def _marked(request: pytest.FixtureRequest, name: str, default: Any) -> Any:
    marker = request.node.get_closest_marker(name)
    if marker is None:
        return default
    if len(marker.args) != 1 or not isinstance(marker.args[0], int):
        raise pytest.UsageError(f"{request.node.nodeid}: write {name}(a number)")
    return marker.args[0]


def _cache(config: pytest.Config) -> Path:
    """The option, or pytest's own cache, or the user's."""
    chosen = config.getoption("--ccip-cache")
    if chosen:
        return Path(chosen)
    if hasattr(config, "cache") and config.cache is not None:
        return Path(config.cache.mkdir("ccip"))
    from ccip_py.testing.sandbox import default_cache

    return default_cache()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test tells the journeys of its messages, and hides frames that are not the user's."""
    if call.excinfo is None or not OWN.intersection(getattr(item, "fixturenames", ())):
        return (yield)
    _with_help(call.excinfo.value)
    hidden = [] if item.config.getoption("--ccip-show-internal") else _ours()
    for module in hidden:
        module.__tracebackhide__ = True
    try:
        report = yield
    finally:
        for module in hidden:
            del module.__tracebackhide__
    if report.failed and call.when != "teardown":  # the network is taken back by then
        # None: the network did not start, or `ccip` is the user's own.
        sandbox = item.stash.get(SANDBOX, None)
        if sandbox is not None and (told := sandbox.report()):
            report.sections.append(("CCIP messages of this test", told))
    return report


def _with_help(problem: BaseException) -> None:
    """Under an error of ours stands what to do about it."""
    errors = sys.modules.get("ccip_py.errors")
    if errors is not None and isinstance(problem, errors.CcipError) and problem.hint:
        note = f"help: {problem.hint}"
        if note not in getattr(problem, "__notes__", ()):
            problem.add_note(note)


def _ours() -> list[Any]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("ccip_py.") and not hasattr(module, "__tracebackhide__")
    ]
