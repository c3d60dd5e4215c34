"""Gates between peers: plain TCP forwarders that can be shut, so that two nodes no longer hear each other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

from ccip_py.devnet.hosting import Host

CHUNK = 64 * 1024


class Gate:
    """One direction between two nodes: who connects to `port` reaches `target`, while it is open."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._open = True
        self._server: asyncio.Server | None = None
        self._through: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Cut what goes through, and let nothing through any more."""
        self._open = False
        for writer in list(self._through):
            writer.transport.abort()

    async def open(self) -> None:
        """Let everything through again."""
        self._open = True

    async def close(self) -> None:
        """End listening."""
        await self.shut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        self._through.add(writer)
        with suppress(OSError):
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._target)
            self._through.add(there)
            await asyncio.gather(_copy(reader, there), _copy(there_reader, writer))
            self._through.discard(there)
        self._through.discard(writer)
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


class Gates:
    """A gate for every ordered pair of committers: (asker, asked)."""

    def __init__(self, host: Host, ports: list[int]) -> None:
        pairs = [(a, b) for a in range(len(ports)) for b in range(len(ports)) if a != b]
        self._host = host
        self._gates = {pair: Gate(ports[pair[1]]) for pair in pairs}

    def __enter__(self) -> Self:
        for gate in self._gates.values():
            self._host.call(gate.start)
        return self

    def __exit__(self, *_: object) -> None:
        for gate in self._gates.values():
            self._host.call(gate.close)

    def port(self, asker: int, asked: int) -> int:
        """Where `asker` finds `asked`."""
        return self._gates[asker, asked].port

    def part(self, some: set[int]) -> None:
        """Nobody among `some` hears anybody else, nor is heard."""
        for (asker, asked), gate in self._gates.items():
            if (asker in some) != (asked in some):
                self._host.call(gate.shut)

    def join(self) -> None:
        """Everybody hears everybody."""
        for gate in self._gates.values():
            self._host.call(gate.open)
