"""Row N8: what is signed always names its chain, and everybody's keys sign for local chains only."""

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

from ccip_py.errors import ConfigError
from ccip_py.sdk.evm import transact
from ccip_py.sdk.signers import development, signer_of

from .conftest import A, address, run

FIELDS = {
    "chainId": 31337,
    "nonce": 3,
    "maxPriorityFeePerGas": 1,
    "maxFeePerGas": 2,
    "gas": 21_000,
    "value": 5,
    "data": "0x1234",
    "to": "0x" + "22" * 20,
}


def test_n8_a_signature_is_what_eth_account_would_give() -> None:
    ours = development(0).sign_transaction(FIELDS)
    theirs = Account.from_key(
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    ).sign_transaction({**FIELDS, "type": 2})

    assert (ours.raw_transaction, ours.hash) == (theirs.raw_transaction, theirs.hash)


@pytest.mark.parametrize("signer", [development(0), Account.create()])
def test_n8_every_transaction_of_the_client_names_its_chain(signer: object) -> None:
    raw: list[str] = []

    def node(method, params):
        if method == "eth_sendRawTransaction":
            raw.extend(params)
        block = {"baseFeePerGas": "0x1", "timestamp": "0x1"}
        receipt = {
            "status": "0x1",
            "blockHash": "0x01",
            "transactionHash": "0x02",
            "blockNumber": "0x1",
            "gasUsed": "0x1",
        }
        return {
            "eth_chainId": "0x7a69",
            "eth_getBlockByNumber": block,
            "eth_getBlockByHash": block,
            "eth_getTransactionReceipt": receipt,
        }.get(method, "0x1")

    run(transact(A, signer, address(1), b""), node)

    signed = TypedTransaction.from_bytes(HexBytes(raw[0]))
    assert signed.as_dict()["chainId"] == 31337


def test_a_development_key_is_refused_off_local_chains() -> None:
    with pytest.raises(ConfigError, match="development key"):
        development(0).sign_transaction({**FIELDS, "chainId": 11155111})


@pytest.mark.parametrize("reference", ["", "0x" + "11" * 32, "anvil:x", "keystore:", "file:x", "env:KEY"])
def test_only_references_lead_to_keys(reference: str) -> None:
    with pytest.raises(ConfigError) as refused:
        signer_of(reference)

    assert "11" * 8 not in str(refused.value)


def test_a_reference_to_a_development_key_is_one() -> None:
    assert signer_of("anvil:1").address == development(1).address
