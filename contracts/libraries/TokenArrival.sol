// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOffRamp} from "../interfaces/IOffRamp.sol";
import {IPoolV1} from "../interfaces/IPoolV1.sol";
import {ITokenAdminRegistry} from "../interfaces/ITokenAdminRegistry.sol";
import {EVM2EVMMessage, SourceTokenData} from "../types/Message.sol";
import {Pool} from "../types/Pool.sol";
import {EVMAddress} from "./EVMAddress.sol";
import {ExactGasCall} from "./ExactGasCall.sol";
import {InterfaceCheck} from "./InterfaceCheck.sol";

/// @title TokenArrival
/// @notice One token of a message reaches its receiver, or the message fails.
/// @dev The token and its pool are strangers. They share the gas that the sender paid for, to the unit, and no
/// more of their answers is read than a word.
library TokenArrival {
    /// @dev One arriving token, and the gas that its balance checks and its pool may still use.
    struct Arrival {
        address token;
        address pool;
        uint256 gasLeft;
    }

    /// @dev Kept back for the instructions between the check of the gas and the call that needs it.
    uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;

    /// @dev A selector and four words of a stranger's answer.
    uint16 private constant MAX_RET_BYTES = 4 + 4 * 32;

    /// @notice Has the pool release or mint token number `index` of `message`.
    /// @dev The pool says what it released; the receiver's balance is what is believed. A pool may be its own
    /// receiver, then the balance says nothing.
    /// @param gasOverride Gas for this token, or 0 for what the sender paid for.
    function releaseOrMint(
        EVM2EVMMessage calldata message,
        uint256 index,
        bytes calldata offchainTokenData,
        uint32 gasOverride,
        address registry
    ) internal returns (address token, uint256 released) {
        // CHECK
        SourceTokenData memory source = abi.decode(message.sourceTokenData[index], (SourceTokenData));
        Arrival memory arrival = _arrivalOf(source, gasOverride, registry);
        token = arrival.token;
        bytes memory order = _releaseOrder(message, index, source, offchainTokenData, token);
        bytes memory balanceOf = abi.encodeCall(IERC20.balanceOf, (message.receiver));

        // INTERACT
        uint256 balancePre = _callWithin(arrival, token, balanceOf);
        released = _callWithin(arrival, arrival.pool, order);
        if (message.receiver != arrival.pool) {
            uint256 balancePost = _callWithin(arrival, token, balanceOf);
            require(
                balancePost >= balancePre && balancePost - balancePre == released,
                IOffRamp.ReleaseOrMintBalanceMismatch(released, balancePre, balancePost)
            );
        }
    }

    function _arrivalOf(SourceTokenData memory source, uint32 gasOverride, address registry)
        private
        view
        returns (Arrival memory arrival)
    {
        arrival.token = EVMAddress.decode(source.destTokenAddress);
        arrival.pool = ITokenAdminRegistry(registry).getPool(arrival.token);
        arrival.gasLeft = gasOverride == 0 ? source.destGasAmount : gasOverride;
        bool compatible = InterfaceCheck.says(arrival.pool, Pool.CCIP_POOL_V1);
        require(compatible, IOffRamp.NotACompatiblePool(arrival.pool));
    }

    function _releaseOrder(
        EVM2EVMMessage calldata message,
        uint256 index,
        SourceTokenData memory source,
        bytes calldata offchainTokenData,
        address token
    ) private pure returns (bytes memory) {
        Pool.ReleaseOrMintInV1 memory order = Pool.ReleaseOrMintInV1({
            originalSender: abi.encode(message.sender),
            remoteChainSelector: message.sourceChainSelector,
            receiver: message.receiver,
            amount: message.tokenAmounts[index].amount,
            localToken: token,
            sourcePoolAddress: source.sourcePoolAddress,
            sourcePoolData: source.extraData,
            offchainTokenData: offchainTokenData
        });
        return abi.encodeCall(IPoolV1.releaseOrMint, (order));
    }

    /// @dev The calls of one token share one gas limit, and each gets all that is left of it.
    function _callWithin(Arrival memory arrival, address target, bytes memory payload)
        private
        returns (uint256)
    {
        (bool success, bytes memory answer, uint256 gasUsed) = ExactGasCall.call(
            target, payload, arrival.gasLeft, GAS_FOR_CALL_EXACT_CHECK, MAX_RET_BYTES
        );
        require(success, IOffRamp.TokenHandlingError(answer));
        require(answer.length == 32, IOffRamp.InvalidDataLength(32, answer.length));
        arrival.gasLeft -= gasUsed < arrival.gasLeft ? gasUsed : arrival.gasLeft;
        return abi.decode(answer, (uint256));
    }
}
