// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {Pool} from "../../../contracts/types/Pool.sol";

/// @notice A pool that mints, and cheats in the way a test asks for.
contract DestPool is IERC165 {
    enum Mood {
        HONEST,
        CLAIMS_MORE,
        CLAIMS_LESS,
        REVERTS,
        REVERTS_EMPTY,
        REVERT_BOMB,
        RETURN_BOMB,
        RETURNS_NOTHING,
        BURNS_ALL_GAS,
        FORGES_RECEIVER_ERROR
    }

    error Broke(uint256 code);
    error ReceiverError(bytes err);

    BurnMintERC20 public immutable token;
    Mood public mood;
    uint256 public work;
    uint256 public calls;
    Pool.ReleaseOrMintInV1 internal _last;

    constructor(BurnMintERC20 token_) {
        token = token_;
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @dev Gas to burn before minting.
    function setWork(uint256 work_) external {
        work = work_;
    }

    function last() external view returns (Pool.ReleaseOrMintInV1 memory) {
        return _last;
    }

    function releaseOrMint(Pool.ReleaseOrMintInV1 calldata order)
        external
        returns (Pool.ReleaseOrMintOutV1 memory)
    {
        if (mood == Mood.REVERTS) revert Broke(7);
        if (mood == Mood.FORGES_RECEIVER_ERROR) revert ReceiverError("not mine");
        _cheat();
        uint256 start = gasleft();
        uint256 x;
        while (start - gasleft() < work) {
            x = uint256(keccak256(abi.encode(x)));
        }
        if (work == 0) {
            ++calls;
            _last = order;
        }
        token.mint(order.receiver, order.amount);
        if (mood == Mood.CLAIMS_MORE) return Pool.ReleaseOrMintOutV1(order.amount + 1);
        if (mood == Mood.CLAIMS_LESS) return Pool.ReleaseOrMintOutV1(order.amount - 1);
        return Pool.ReleaseOrMintOutV1(order.amount);
    }

    function _cheat() private view {
        if (mood == Mood.REVERTS_EMPTY) {
            assembly {
                revert(0, 0)
            }
        }
        if (mood == Mood.REVERT_BOMB) {
            assembly {
                revert(0x10000, 200000) // memory that nobody wrote to
            }
        }
        if (mood == Mood.RETURN_BOMB) {
            assembly {
                return(0x10000, 200000)
            }
        }
        if (mood == Mood.RETURNS_NOTHING) {
            assembly {
                return(0, 0)
            }
        }
        if (mood == Mood.BURNS_ALL_GAS) {
            assembly {
                invalid()
            }
        }
    }

    function isSupportedToken(address) external pure returns (bool) {
        return true;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == Pool.CCIP_POOL_V1 || id == type(IERC165).interfaceId;
    }
}

/// @notice Serves a token, but never said that it is a CCIP pool.
contract DestNotAPool {
    function isSupportedToken(address) external pure returns (bool) {
        return true;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId;
    }
}
