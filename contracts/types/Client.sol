// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Client
/// @notice What an application sends and what it receives: the public ABI of CCIP, the same since 1.2.
library Client {
    /// @notice `amount` is in the smallest unit of `token`.
    struct EVMTokenAmount {
        address token;
        uint256 amount;
    }

    /// @notice A message as the sender hands it to the Router.
    struct EVM2AnyMessage {
        bytes receiver; // abi.encode(address) for an EVM destination
        bytes data; // handed to the receiver as it is
        EVMTokenAmount[] tokenAmounts; // source tokens; the sender approves the Router
        address feeToken; // address(0): pay in native
        bytes extraArgs; // tag ++ abi.encode(EVMExtraArgsV1 or V2); empty: defaults of the lane
    }

    /// @notice A message as `ccipReceive` gets it.
    struct Any2EVMMessage {
        bytes32 messageId;
        uint64 sourceChainSelector;
        bytes sender; // abi.encode(address) for an EVM source
        bytes data;
        EVMTokenAmount[] destTokenAmounts; // destination tokens, already in the receiver's hands
    }

    /// @dev bytes4(keccak256("CCIP EVMExtraArgsV1"))
    bytes4 public constant EVM_EXTRA_ARGS_V1_TAG = 0x97a657c9;

    struct EVMExtraArgsV1 {
        uint256 gasLimit; // for the receiver's ccipReceive; 0 with empty data means "tokens only"
    }

    /// @dev bytes4(keccak256("CCIP EVMExtraArgsV2"))
    bytes4 public constant EVM_EXTRA_ARGS_V2_TAG = 0x181dcf10;

    struct EVMExtraArgsV2 {
        uint256 gasLimit;
        bool allowOutOfOrderExecution; // true: no nonce, executable as soon as it is blessed
    }

    function _argsToBytes(EVMExtraArgsV1 memory extraArgs) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(EVM_EXTRA_ARGS_V1_TAG, extraArgs);
    }

    function _argsToBytes(EVMExtraArgsV2 memory extraArgs) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(EVM_EXTRA_ARGS_V2_TAG, extraArgs);
    }
}
