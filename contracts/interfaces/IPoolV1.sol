// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Pool} from "../types/Pool.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title IPoolV1: what a ramp asks of a token's pool
/// @dev Trust: a pool answers for its own token only. The ramps measure balances around it, cap what it may
/// say, and give it a bounded amount of gas; a hostile pool can stop or lose its own token, nothing else.
interface IPoolV1 is IERC165 {
    /// @notice Takes `amount`, which is already here, out of circulation on this chain. OnRamp only.
    function lockOrBurn(Pool.LockOrBurnInV1 calldata lockOrBurnIn)
        external
        returns (Pool.LockOrBurnOutV1 memory lockOrBurnOut);

    /// @notice Puts the amount that left the source chain into the receiver's hands. OffRamp only.
    function releaseOrMint(Pool.ReleaseOrMintInV1 calldata releaseOrMintIn)
        external
        returns (Pool.ReleaseOrMintOutV1 memory);

    function isSupportedChain(uint64 remoteChainSelector) external view returns (bool);

    function isSupportedToken(address token) external view returns (bool);
}
