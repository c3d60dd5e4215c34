"""What the clients promise before any chain is asked."""

import pytest

from ccip_py.sdk.client import AsyncCcip, Ccip, MessageOptions


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
