"""A node as a process of its own: reads node.toml, and runs until it is told to stop.

    await run_node_file(Path("node.toml"))
    await accept_history(load_node_file(Path("node.toml")), "a")       while it does not run

SIGTERM and SIGINT end it cleanly: what was begun is in the journal, and the next start goes on from there.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import anyio
from anyio.abc import TaskStatus

from ccip_py.chains.deployment import ChainDeployment, Deployment, load_deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.keys import KeySigner, from_keystore, read_private
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import FinalityRecord
from ccip_py.chains.rpc_headers import read_headers
from ccip_py.errors import BadInput, ConfigError
from ccip_py.protocol.codec.evm import parse_address
from ccip_py.protocol.ids import ChainSelector

from . import reviewed
from .chain_link import AMONG_OTHERS, RpcUrls
from .config import EndpointConfig, NodeFile, PricesConfig, load_node_file
from .config_check import check
from .follow import replaced
from .ground import NOBODY, OpenJournal
from .journal import Journal
from .keys import patient_dev_signer
from .log import Log, node_log
from .metrics import Metrics, serve_metrics
from .prices import Feed, FeedPrices, PricesInOrder, PriceSource, PriceTable
from .transport.http import HttpTransport
from .wire import Committer, Executor

NOTHING_CHANGED = "NOTHING_CHANGED"


async def run_node_file(path: Path) -> None:
    """Run the node that the file describes, until a signal or an error it cannot live with."""
    node = load_node_file(path)
    async with anyio.create_task_group() as tasks:
        await tasks.start(_stop_on_signal, tasks.cancel_scope)
        await run_node(node)
        tasks.cancel_scope.cancel()


async def run_node(node: NodeFile) -> None:
    """Run the node until cancelled; anew with every deployment that its file comes to describe."""
    log = node_log(node.name, level=node.log_level)
    deployment = load_deployment(node.deployment)
    check(node, deployment)
    while True:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_run, node, deployment, log)
            deployment = await replaced(node.deployment, deployment, log, partial(check, node))
            tasks.cancel_scope.cancel()


async def accept_history(
    node: NodeFile, chain: str, consent: Callable[[str], None] = lambda _violation: None
) -> FinalityRecord:
    """Have the node believe a chain again whose final blocks changed, from the block on that is returned. `consent` is
    told what changed, and raises where that is not wanted."""
    log, deployment = node_log(node.name, level=node.log_level), load_deployment(node.deployment)
    check(node, deployment)
    facts, urls = deployment.chain_named(chain), _urls(node, deployment)
    signer = await _signer(node, deployment, urls, log)
    with _journal(node)(node.folder, signer.address if signer else NOBODY) as journal:
        story = reviewed.changed(journal, facts)
        if not story:
            raise BadInput(
                f"no final block of {chain} changed, as far as this node saw", code=NOTHING_CHANGED
            )
        consent(story)
        return await reviewed.accept(journal, node.folder, facts, urls[facts.selector])


async def _run(node: NodeFile, deployment: Deployment, log: Log) -> None:
    urls, metrics = _urls(node, deployment), Metrics()
    signer = await _signer(node, deployment, urls, log)
    async with AsyncExitStack() as stack:
        prices = await _prices(node.prices, deployment, urls, stack)
        made = _make(node, deployment, signer, prices, urls, log, metrics)
        async with anyio.create_task_group() as tasks:
            if node.metrics is not None:
                host, _, port = node.metrics.rpartition(":")
                tasks.start_soon(serve_metrics, metrics, host, int(port))
            await made.run()


def _make(
    node: NodeFile,
    deployment: Deployment,
    signer: KeySigner | None,
    prices: PriceSource,
    urls: RpcUrls,
    log: Log,
    metrics: Metrics,
) -> Committer | Executor:
    opened = _journal(node)
    if node.kind == "executor":
        return Executor(
            node.executor,
            deployment,
            signer,
            node.folder,
            urls,
            log=log,
            metrics=metrics,
            open_journal=opened,
        )
    transport = None
    if signer is not None and node.transport is not None:
        peers = {bytes(parse_address(text)): url for text, url in node.transport.peers.items()}
        transport = HttpTransport(signer, node.transport.listen, peers)
    return Committer(
        node.committer,
        deployment,
        signer,
        transport,
        node.folder,
        prices,
        urls,
        log=log,
        metrics=metrics,
        open_journal=opened,
    )


def _journal(node: NodeFile) -> OpenJournal:
    """The folder's own file, or the database that the operator named."""
    if node.journal_url_file is None:
        return Journal.open
    return partial(Journal.open, url=read_private(node.journal_url_file, "URL file").strip())


def _urls(node: NodeFile, deployment: Deployment) -> dict[ChainSelector, tuple[Target, ...]]:
    """The node's own endpoints where it names them, the deployment's elsewhere."""
    own = {name: tuple(target_of(each) for each in endpoints) for name, endpoints in node.rpc.items()}
    return {chain.selector: own.get(chain.name) or (_shared(chain),) for chain in deployment.chains}


def _shared(chain: ChainDeployment) -> Target:
    """As everybody is told to ask it, with the headers that the deployment refers to."""
    return Target(chain.rpc_url, read_headers(chain.rpc_headers))


def target_of(endpoint: EndpointConfig) -> Target:
    """With its secrets, read from their files."""
    files = endpoint.header_files.items()
    secrets = {name: read_private(path, "header file").strip() for name, path in files}
    url = endpoint.url or read_private(endpoint.url_file or Path(), "URL file").strip()
    if not url.startswith(("http://", "https://")):
        raise ConfigError("want an http or https URL", context={"url_file": endpoint.url_file})
    return Target(url, {**endpoint.headers, **secrets})


async def _signer(
    node: NodeFile, deployment: Deployment, urls: Mapping[ChainSelector, Sequence[Target]], log: Log
) -> KeySigner | None:
    key = node.key
    if key is None:
        return None
    if key.keystore is not None and key.passphrase is not None:
        return from_keystore(key.keystore, key.passphrase)
    signer: KeySigner | None = None
    for chain in deployment.chains:
        for target in urls[chain.selector]:  # every endpoint it would be used through has to be local
            signer = await patient_dev_signer(key.dev_index or 0, chain.chain_id, target.url, log)
    return signer


async def _prices(
    config: PricesConfig, deployment: Deployment, urls: RpcUrls, stack: AsyncExitStack
) -> PriceSource:
    """Fixed prices first, feeds for the rest."""
    table = {(ChainSelector(p.chain), parse_address(p.token)): p.usd for p in config.fixed}
    feeds = {
        (ChainSelector(p.chain), parse_address(p.token)): Feed(
            ChainSelector(p.feed_chain), parse_address(p.feed), p.token_decimals
        )
        for p in config.feeds
    }
    callers: dict[ChainSelector, Caller] = {}
    for selector in {feed.chain for feed in feeds.values()}:
        chain_id = deployment.chain(selector).chain_id
        rpc = Rpc(list(urls[selector]), chain_id=chain_id, timeout=AMONG_OTHERS)
        callers[selector] = Caller(await stack.enter_async_context(rpc))
    return PricesInOrder((PriceTable(table), FeedPrices(feeds, callers, config.max_age)))


async def _stop_on_signal(
    scope: anyio.CancelScope, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()
            return
