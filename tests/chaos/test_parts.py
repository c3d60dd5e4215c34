"""The parts that a run is made of."""

import socket
import threading
import tomllib
from collections.abc import Iterator

import pytest

from ccip_py.chaos.gates import Gates
from ccip_py.chaos.receivers import BODIES, receiver_code
from ccip_py.chaos.watch import percentile
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.hosting import Host
from ccip_py.devnet.node_files import as_toml


def test_writes_toml_that_is_read_as_it_was() -> None:
    table = {
        "name": 'a "b"',
        "many": [1, 2],
        "inner": {"yes": True, "with space": {"x": "y"}},
        "rows": [{"a": 1, "deep": [{"b": "2"}]}, {"a": 3}],
    }
    assert tomllib.loads(as_toml(table)) == table


def test_percentiles_of_few_and_of_nothing() -> None:
    assert percentile([], 50) == 0.0
    assert percentile([3, 1, 2], 50) == 2
    assert percentile(list(range(100)), 99) == 99


@pytest.fixture
def echo() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(connection.recv(100))
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _says(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(b"hello")
            return connection.recv(100)
        except ConnectionResetError:
            return b""


def test_a_gate_lets_through_until_it_is_shut(echo: int) -> None:
    with Host() as host, Gates(host, [echo, echo, echo]) as gates:
        assert _says(gates.port(0, 1)) == b"hello"
        gates.part({0})
        assert _says(gates.port(0, 1)) == b""
        assert _says(gates.port(1, 0)) == b""
        assert _says(gates.port(1, 2)) == b"hello"
        gates.join()
        assert _says(gates.port(0, 1)) == b"hello"


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(chain_id=31337)) as anvil:
        yield anvil


@pytest.mark.parametrize("name", BODIES)
def test_every_receiver_says_that_it_takes_messages(chain: Anvil, name: str) -> None:
    address = "0x" + "00" * 18 + "c0de"
    chain.rpc("anvil_setCode", address, "0x" + receiver_code(BODIES[name]).hex())
    for asked, answer in (("85572ffb", 1), ("ffffffff", 0)):
        data = "0x01ffc9a7" + asked + "00" * 28
        assert int(chain.rpc("eth_call", {"to": address, "data": data}, "latest"), 16) == answer
