"""EVM addresses: 20 bytes inside, checksummed text at the surface, one padded word where a contract takes
`bytes`.
"""

from __future__ import annotations

from ....errors import CannotEncode
from ...ids import Address
from ...keccak import keccak


def parse_address(text: str) -> Address:
    """The address that a person or a file wrote. Mixed case must be a correct checksum, or a typo would pay a
    stranger.
    """
    digits = text[2:] if text[:2].lower() == "0x" else ""
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != 20 or len(digits) != 40:
        raise CannotEncode("not an address", context={"got": text}, hint="0x and 40 hexadecimal digits")
    address = Address(raw)
    if digits not in (digits.lower(), digits.upper()) and checksum(address)[2:] != digits:
        raise CannotEncode(
            "wrong address checksum",
            context={"got": text, "expected": checksum(address)},
            hint="a character was mistyped, or write it all in lower case",
        )
    return address


def checksum(address: Address) -> str:
    """EIP-55: a digit is upper case where the hash of the lower-case text has a high nibble."""
    digits = address.hex()
    nibbles = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if nibble >= "8" else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )


def address_to_word(address: Address) -> bytes:
    """abi.encode(address): how receivers, pools and tokens travel in `bytes` fields."""
    if len(address) != 20:
        raise CannotEncode("an EVM address has 20 bytes", context={"got": bytes(address)})
    return bytes(12) + address


def address_from_word(word: bytes) -> Address:
    """The inverse of `address_to_word`; anything but 12 zero bytes and 20 more raises."""
    if len(word) != 32 or any(word[:12]):
        raise CannotEncode("not an ABI-encoded address", context={"got": word})
    return Address(word[12:])
