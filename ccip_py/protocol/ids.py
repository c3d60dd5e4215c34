"""The names things are known by.

Raw ints and bytes stop at the edge: from here on a sequence number is not a selector, and a root is not a
message id. These are `NewType`s, so they cost nothing; whoever makes one vouches for its range. Bytes inside,
hexadecimal and checksums only where people look.
"""

from typing import Final, NewType

# Opaque uint64 given to each chain by a registry. Never derived from the chain id, never computed with.
ChainSelector = NewType("ChainSelector", int)

# Per lane, from 1, without gaps: the order in which a source chain accepted messages. uint64.
SeqNr = NewType("SeqNr", int)

# 32 bytes: the Merkle root over the leaves of one interval.
Root = NewType("Root", bytes)

# 32 bytes: on this generation of lanes also the leaf of the message.
MessageId = NewType("MessageId", bytes)

# An account or contract as its own chain writes it: 20 bytes on the EVM, other lengths elsewhere.
Address = NewType("Address", bytes)

# What an empty address looks like on the EVM; "pay the fee in native" when used as a fee token.
NO_ADDRESS: Final = Address(bytes(20))

# The root of a commit report that only carries prices.
NO_ROOT: Final = Root(bytes(32))
