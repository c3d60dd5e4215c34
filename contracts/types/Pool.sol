// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Pool
/// @notice The arguments and answers of token pools (pool ABI of CCIP 1.5).
library Pool {
    /// @dev bytes4(keccak256("CCIP_POOL_V1")): a tag that pools answer `true` to in supportsInterface.
    bytes4 public constant CCIP_POOL_V1 = 0xaff2afbf;

    struct LockOrBurnInV1 {
        bytes receiver;
        uint64 remoteChainSelector;
        address originalSender;
        uint256 amount; // already in the pool when lockOrBurn is called
        address localToken;
    }

    struct LockOrBurnOutV1 {
        bytes destTokenAddress; // abi.encode(address)
        bytes destPoolData;
    }

    struct ReleaseOrMintInV1 {
        bytes originalSender;
        uint64 remoteChainSelector;
        address receiver;
        uint256 amount; // in the source token's decimals
        address localToken;
        bytes sourcePoolAddress; // must be a configured remote pool
        bytes sourcePoolData;
        bytes offchainTokenData; // supplied by the executor: never trust it without an attestation of its own
    }

    struct ReleaseOrMintOutV1 {
        uint256 destinationAmount; // in the destination token's decimals
    }
}
