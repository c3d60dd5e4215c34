"""Messages as their source chain's event holds them, encoded by eth_abi and not by the code under test."""

from dataclasses import dataclass, replace

from eth_abi.abi import encode

from ccip_py.risk.evm import MESSAGE_SENT, Log

SOURCE, DESTINATION = 7759470850252068959, 3379446385462418246
ON_RAMP = bytes.fromhex("0a" * 20)
STRUCT = "(uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32)"


@dataclass(frozen=True)
class Sent:
    seq_nr: int = 1
    source: int = SOURCE
    sender: bytes = b"\x11" * 20
    receiver: bytes = b"\x22" * 20
    gas_limit: int = 200_000
    strict: bool = False
    nonce: int = 1
    fee_token: bytes = b"\x33" * 20
    fee: int = 10**15
    data: bytes = b"hi"
    amounts: tuple[tuple[bytes, int], ...] = ()
    token_data: tuple[bytes, ...] = ()
    message_id: bytes = bytes(32)

    def with_token(self, token: bytes, amount: int, pool: bytes, dest_token: bytes, decimals: int) -> "Sent":
        raw = encode(
            ["(bytes,bytes,bytes,uint32)"],
            [
                (
                    encode(["address"], [pool]),
                    encode(["address"], [dest_token]),
                    encode(["uint8"], [decimals]),
                    90_000,
                )
            ],
        )
        return replace(self, amounts=(*self.amounts, (token, amount)), token_data=(*self.token_data, raw))

    def encoded(self) -> bytes:
        fields = (
            self.source,
            self.sender,
            self.receiver,
            self.seq_nr,
            self.gas_limit,
            self.strict,
            self.nonce,
            self.fee_token,
            self.fee,
            self.data,
            self.amounts,
            self.token_data,
            self.message_id,
        )
        return encode([STRUCT], [fields])

    def log(self, block: int = 1, tx: int = 0, index: int = 0, on_ramp: bytes = ON_RAMP) -> Log:
        return Log(on_ramp, (MESSAGE_SENT,), self.encoded(), block, tx, index)
