"""What the clients promise before any chain is asked."""

import dataclasses
import subprocess
import sys

import pytest

from ccip_py.sdk import types
from ccip_py.sdk.client import AsyncCcip, Ccip, MessageOptions


def test_what_the_package_offers_is_there_and_nothing_is_loaded_before_it_is_used(tmp_path):
    code = """import sys, ccip_py
assert not [name for name in sys.modules if name.startswith("ccip_py.")]
assert all(getattr(ccip_py, name) for name in ccip_py.__all__)"""

    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_results_are_frozen_and_can_be_kept_in_sets():
    for kind in vars(types).values():
        if dataclasses.is_dataclass(kind):
            assert kind.__hash__ is not None, kind
            assert not [
                f.name for f in dataclasses.fields(kind) if str(f.type).startswith(("dict", "list", "set"))
            ]


@pytest.mark.parametrize("client", [Ccip, AsyncCcip])
def test_both_clients_offer_the_same(client):
    def public(kind):
        return {name for name in vars(kind) if not name.startswith("_") and name not in ("close", "aclose")}

    assert public(client) == public(Ccip)


def test_a_misspelt_option_is_refused_with_the_names_there_are(deployment):
    with Ccip(deployment) as ccip, pytest.raises(TypeError) as refused:
        ccip.get_fee("a", "b", "0x" + "22" * 20, gaslimit=1)

    assert "gaslimit" in str(refused.value)
    assert all(name in str(refused.value) for name in MessageOptions.__annotations__)
