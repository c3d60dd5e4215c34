// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EVM2EVMMessage} from "./Message.sol";

/// @notice USD with 18 decimals per 1e18 of the token's smallest unit.
struct TokenPriceUpdate {
    address sourceToken;
    uint224 usdPerToken;
}

/// @notice USD with 18 decimals per unit of gas: data-availability price << 112 | execution price.
struct GasPriceUpdate {
    uint64 destChainSelector;
    uint224 usdPerUnitGas;
}

struct PriceUpdates {
    TokenPriceUpdate[] tokenPriceUpdates;
    GasPriceUpdate[] gasPriceUpdates;
}

/// @notice Sequence numbers `min` to `max`, both included.
struct Interval {
    uint64 min;
    uint64 max;
}

/// @notice What a quorum of committers signs. A zero root makes it a price-only report.
struct CommitReport {
    PriceUpdates priceUpdates;
    Interval interval;
    bytes32 merkleRoot;
}

/// @notice Messages to execute with the multi-proof that they are leaves of one committed, blessed root.
struct ExecutionReport {
    EVM2EVMMessage[] messages;
    bytes[][] offchainTokenData; // one array per message, one entry per token
    bytes32[] proofs;
    uint256 proofFlagBits;
}

/// @notice Gas for one message of a manual execution: 0 keeps the original, anything lower is refused.
struct GasLimitOverride {
    uint256 receiverExecutionGasLimit;
    uint32[] tokenGasOverrides;
}
