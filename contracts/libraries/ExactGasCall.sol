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
        requireGas(gasLimit, gasForCallExactCheck);

        // INTERACT
        uint256 gasBefore = gasleft();
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(payload, 0x20), mload(payload), 0, 0)
        }
        gasUsed = gasBefore - gasleft();
        returnData = _returned(maxReturnBytes);
    }

    /// @notice A question of one word, which changes nothing and whose answer is one word.
    /// @dev The question fits the scratch space of memory. An account without code gives an empty answer.
    /// @param gasLimit What the target gets at most. Who promises all of it calls `requireGas` first.
    /// @return size Bytes of the answer, 0 if the target reverted.
    /// @return answer Its first word, if there are 32 bytes.
    function ask(address target, bytes4 selector, bytes32 argument, uint256 gasLimit)
        internal
        view
        returns (uint256 size, uint256 answer)
    {
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            if staticcall(gasLimit, target, 0, 0x24, 0, 0x20) {
                size := returndatasize()
                answer := mload(0)
            }
        }
    }

    /// @notice Reverts unless a call made now would get `gasLimit`.
    /// @dev EIP-150: a call gets at most 63/64 of what is left.
    function requireGas(uint256 gasLimit, uint256 gasForCallExactCheck) internal view {
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
