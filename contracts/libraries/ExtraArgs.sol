// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Client} from "../types/Client.sol";

/// @title ExtraArgs
/// @notice Reads a message's extra args strictly: every byte is accounted for, or the message is refused.
/// @dev What a sender writes is what the sender means. Bytes nobody reads are a typo in gas or ordering.
library ExtraArgs {
    /// @notice Shorter than a tag, or a tag this chain does not know.
    error InvalidExtraArgsTag();

    /// @notice A known tag, followed by anything but exactly its fields.
    error InvalidExtraArgsData();

    uint256 private constant TAG_BYTES = 4;
    uint256 private constant ONE_WORD = TAG_BYTES + 32;
    uint256 private constant TWO_WORDS = TAG_BYTES + 64;

    /// @return gasLimit for the receiver's callback; `defaultGasLimit` when the extra args are empty
    /// @return allowOutOfOrder whether the message takes no nonce
    function decode(bytes calldata extraArgs, uint256 defaultGasLimit)
        internal
        pure
        returns (uint256 gasLimit, bool allowOutOfOrder)
    {
        if (extraArgs.length == 0) return (defaultGasLimit, false);
        require(extraArgs.length >= TAG_BYTES, InvalidExtraArgsTag());

        bytes4 tag = bytes4(extraArgs[:TAG_BYTES]);
        uint256 flag;
        if (tag == Client.EVM_EXTRA_ARGS_V2_TAG) {
            require(extraArgs.length == TWO_WORDS, InvalidExtraArgsData());
            (gasLimit, flag) = abi.decode(extraArgs[TAG_BYTES:], (uint256, uint256));
            return (gasLimit, _bool(flag));
        }
        require(tag == Client.EVM_EXTRA_ARGS_V1_TAG, InvalidExtraArgsTag());
        if (extraArgs.length == TWO_WORDS) {
            (gasLimit, flag) = abi.decode(extraArgs[TAG_BYTES:], (uint256, uint256));
            _bool(flag); // `strict`, from before 1.5: must be a bool, means nothing
        } else {
            require(extraArgs.length == ONE_WORD, InvalidExtraArgsData());
            gasLimit = abi.decode(extraArgs[TAG_BYTES:], (uint256));
        }
    }

    function _bool(uint256 word) private pure returns (bool) {
        require(word <= 1, InvalidExtraArgsData());
        return word == 1;
    }
}
