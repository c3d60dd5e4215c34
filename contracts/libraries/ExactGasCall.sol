// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title ExactGasCall
/// @notice Calls a stranger with exactly the gas it was promised, and copies no more of its answer than agreed.
/// @dev Why not `target.call{gas: x}`: the EVM silently hands over less than x when less is there, so a caller
/// short of gas could make a healthy receiver look broken; and Solidity copies the whole answer, so a stranger
/// could burn our gas with a huge one. Both need assembly; nothing else here does.
library ExactGasCall {
    /// @notice The caller did not supply the gas that was promised to the target. Send more.
    error NotEnoughGasForCall();

    /// @notice There is no code at the target, so a call would "succeed" without doing anything.
    error NoContract();

    /// @notice There is not even gas enough to check whether there is gas enough.
    error NoGasForCallExactCheck();

    /// @param gasLimit What the target gets, to the unit. Promise: the target starts with it, or this reverts.
    /// @param gasForCallExactCheck Kept back for the instructions between the check and the call (5,000 is ample).
    /// @param maxReturnBytes The answer is cut off after this many bytes, whether it is a result or an error.
    /// @return success False only if the target itself reverted, with its full gas in hand.
    /// @return returnData The first `maxReturnBytes` of what the target returned or reverted with.
    /// @return gasUsed What the call took, including the few units around it.
    function call(
        address target,
        bytes memory payload,
        uint256 gasLimit,
        uint256 gasForCallExactCheck,
        uint16 maxReturnBytes
    ) internal returns (bool success, bytes memory returnData, uint256 gasUsed) {
        // CHECK (the look at the code also warms the address, so the call itself costs the same every time)
        require(target.code.length != 0, NoContract());
        _requireGas(gasLimit, gasForCallExactCheck);

        // INTERACT
        uint256 gasBefore = gasleft();
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(payload, 0x20), mload(payload), 0, 0)
        }
        gasUsed = gasBefore - gasleft();
        returnData = _returned(maxReturnBytes);
    }

    /// @notice The same promise for a question of one word, which changes nothing and is answered in one word.
    /// @dev The question fits the scratch space of memory. An account without code does not answer: ask first.
    /// @return success False if the target reverted or answered less than 32 bytes.
    /// @return answer The first word of the answer, 0 without success.
    function ask(
        address target,
        bytes4 selector,
        bytes32 argument,
        uint256 gasLimit,
        uint256 gasForCallExactCheck
    ) internal view returns (bool success, uint256 answer) {
        // CHECK
        _requireGas(gasLimit, gasForCallExactCheck);

        // INTERACT
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            success := staticcall(gasLimit, target, 0, 0x24, 0, 0x20)
            success := and(success, gt(returndatasize(), 0x1f))
            if success { answer := mload(0) }
        }
    }

    /// @dev EIP-150: a call gets at most 63/64 of what is left.
    function _requireGas(uint256 gasLimit, uint256 gasForCallExactCheck) private view {
        uint256 left = gasleft();
        require(left >= gasForCallExactCheck, NoGasForCallExactCheck());
        unchecked {
            left -= gasForCallExactCheck;
            require(left - left / 64 >= gasLimit, NotEnoughGasForCall());
        }
    }

    function _returned(uint256 maxBytes) private pure returns (bytes memory data) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, maxBytes) { size := maxBytes }
            data := mload(0x40)
            mstore(0x40, add(data, and(add(size, 0x3f), not(0x1f))))
            mstore(data, size)
            returndatacopy(add(data, 0x20), 0, size)
        }
    }
}
