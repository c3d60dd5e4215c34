// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAny2EVMMessageReceiver} from "./interfaces/IAny2EVMMessageReceiver.sol";
import {IOnRamp} from "./interfaces/IOnRamp.sol";
import {IRouter} from "./interfaces/IRouter.sol";
import {IRouterClient} from "./interfaces/IRouterClient.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {IWrappedNative} from "./interfaces/IWrappedNative.sol";
import {CurseCheck} from "./libraries/CurseCheck.sol";
import {EVMAddress} from "./libraries/EVMAddress.sol";
import {ExactGasCall} from "./libraries/ExactGasCall.sol";
import {Client} from "./types/Client.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title Router
/// @notice Where every message starts, and where it reaches its receiver.
contract Router is IRouter, ITypeAndVersion, Ownable2Step, ReentrancyGuardTransient {
    using EnumerableSet for EnumerableSet.UintSet;
    using SafeERC20 for IERC20;

    string public constant override typeAndVersion = "Router 1.2.0";
    uint16 public constant override MAX_RET_BYTES = 4 + 4 * 32;

    address private immutable _rmnProxy;
    address private _wrappedNative;
    mapping(uint64 destChainSelector => address) private _onRamps;

    /// @dev source chain selector << 160 | address
    EnumerableSet.UintSet private _offRamps;

    constructor(address wrappedNative, address rmnProxy) Ownable(msg.sender) {
        EVMAddress.requireNonZero(wrappedNative);
        EVMAddress.requireNonZero(rmnProxy);
        // checked above
        // slither-disable-next-line missing-zero-check
        _wrappedNative = wrappedNative;
        // checked above
        // slither-disable-next-line missing-zero-check
        _rmnProxy = rmnProxy;
    }

    /* SENDING */

    /// @inheritdoc IRouterClient
    function getFee(uint64 destinationChainSelector, Client.EVM2AnyMessage calldata message)
        external
        view
        returns (uint256 fee)
    {
        _requireNotCursed(destinationChainSelector);
        IOnRamp onRamp = _onRampTo(destinationChainSelector);
        return message.feeToken == address(0)
            ? onRamp.getFee(destinationChainSelector, _inWrappedNative(message))
            : onRamp.getFee(destinationChainSelector, message);
    }

    /// @inheritdoc IRouterClient
    /// @dev The guard keeps tokens and pools, which are strangers, from sending in the middle of a send. The fee is
    /// known once the OnRamp has quoted it, in the call that sends; without the fee there was no send.
    function ccipSend(uint64 destinationChainSelector, Client.EVM2AnyMessage calldata message)
        external
        payable
        nonReentrant
        returns (bytes32 messageId)
    {
        // CHECK
        _requireNotCursed(destinationChainSelector);
        IOnRamp onRamp = _onRampTo(destinationChainSelector);
        bool paysInNative = message.feeToken == address(0);
        require(paysInNative || msg.value == 0, InvalidMsgValue());

        // INTERACT
        _takeTokens(destinationChainSelector, message.tokenAmounts, onRamp);
        if (paysInNative) return _sendForNative(destinationChainSelector, message, onRamp);
        uint256 fee;
        (messageId, fee) = onRamp.forwardFromRouter(destinationChainSelector, message, msg.sender);
        IERC20(message.feeToken).safeTransferFrom(msg.sender, address(onRamp), fee);
    }

    /// @dev Native above the fee goes back to the sender.
    function _sendForNative(uint64 destChainSelector, Client.EVM2AnyMessage calldata message, IOnRamp onRamp)
        private
        returns (bytes32 messageId)
    {
        Client.EVM2AnyMessage memory wrapped = _inWrappedNative(message);
        uint256 fee;
        (messageId, fee) = onRamp.forwardFromRouter(destChainSelector, wrapped, msg.sender);
        require(msg.value >= fee, InsufficientFeeTokenAmount());
        IWrappedNative(wrapped.feeToken).deposit{value: fee}();
        IERC20(wrapped.feeToken).safeTransfer(address(onRamp), fee);
        if (msg.value > fee) _sendNative(msg.sender, msg.value - fee);
    }

    /// @dev Straight into the pools: this contract never holds a user's tokens, so none can get stuck in it.
    function _takeTokens(
        uint64 destChainSelector,
        Client.EVMTokenAmount[] calldata tokenAmounts,
        IOnRamp onRamp
    ) private {
        for (uint256 i = 0; i < tokenAmounts.length; ++i) {
            address token = tokenAmounts[i].token;
            uint256 amount = tokenAmounts[i].amount;
            address pool = onRamp.getPoolBySourceToken(destChainSelector, token);
            require(pool != address(0), IOnRamp.UnsupportedToken(token));

            uint256 balanceBefore = IERC20(token).balanceOf(pool);
            IERC20(token).safeTransferFrom(msg.sender, pool, amount);
            uint256 balanceAfter = IERC20(token).balanceOf(pool);

            // exactly: more than asked is a token that lies as much as less is
            // slither-disable-next-line incorrect-equality
            require(
                balanceAfter >= balanceBefore && balanceAfter - balanceBefore == amount,
                TokenTransferMismatch(
                    token, amount, balanceAfter > balanceBefore ? balanceAfter - balanceBefore : 0
                )
            );
        }
    }

    /* DELIVERING */

    /// @inheritdoc IRouter
    /// @dev Not guarded against reentrancy: a receiver may send messages of its own. Each OffRamp guards itself. It
    /// has also asked about curses, once for its whole report.
    function routeMessage(
        Client.Any2EVMMessage calldata message,
        uint16 gasForCallExactCheck,
        uint256 gasLimit,
        address receiver
    ) external returns (bool success, bytes memory retData, uint256 gasUsed) {
        // CHECK
        require(isOffRamp(message.sourceChainSelector, msg.sender), OnlyOffRamp());

        // INTERACT
        bytes memory payload = abi.encodeCall(IAny2EVMMessageReceiver.ccipReceive, (message));
        (success, retData, gasUsed) =
            ExactGasCall.call(receiver, payload, gasLimit, gasForCallExactCheck, MAX_RET_BYTES);

        emit MessageExecuted(message.messageId, message.sourceChainSelector, msg.sender, keccak256(payload));
    }

    /* RAMPS */

    /// @inheritdoc IRouter
    function applyRampUpdates(
        OnRamp[] calldata onRampUpdates,
        OffRamp[] calldata offRampRemoves,
        OffRamp[] calldata offRampAdds
    ) external onlyOwner {
        for (uint256 i = 0; i < onRampUpdates.length; ++i) {
            _onRamps[onRampUpdates[i].destChainSelector] = onRampUpdates[i].onRamp;
            emit OnRampSet(onRampUpdates[i].destChainSelector, onRampUpdates[i].onRamp);
        }
        for (uint256 i = 0; i < offRampRemoves.length; ++i) {
            (uint64 source, address offRamp) =
                (offRampRemoves[i].sourceChainSelector, offRampRemoves[i].offRamp);
            require(_offRamps.remove(_offRampKey(source, offRamp)), OffRampMismatch(source, offRamp));
            emit OffRampRemoved(source, offRamp);
        }
        for (uint256 i = 0; i < offRampAdds.length; ++i) {
            (uint64 source, address offRamp) = (offRampAdds[i].sourceChainSelector, offRampAdds[i].offRamp);
            if (_offRamps.add(_offRampKey(source, offRamp))) emit OffRampAdded(source, offRamp);
        }
    }

    /// @inheritdoc IRouterClient
    function isChainSupported(uint64 chainSelector) external view returns (bool supported) {
        return _onRamps[chainSelector] != address(0);
    }

    /// @inheritdoc IRouter
    function getOnRamp(uint64 destChainSelector) external view returns (address) {
        return _onRamps[destChainSelector];
    }

    /// @inheritdoc IRouter
    function getOffRamps() external view returns (OffRamp[] memory offRamps) {
        offRamps = new OffRamp[](_offRamps.length());
        for (uint256 i = 0; i < offRamps.length; ++i) {
            uint256 key = _offRamps.at(i);
            // truncation is how the two parts of a key are told apart
            // forge-lint: disable-next-line(unsafe-typecast)
            offRamps[i] = OffRamp({sourceChainSelector: uint64(key >> 160), offRamp: address(uint160(key))});
        }
    }

    /// @inheritdoc IRouter
    function isOffRamp(uint64 sourceChainSelector, address offRamp) public view returns (bool) {
        return _offRamps.contains(_offRampKey(sourceChainSelector, offRamp));
    }

    /// @inheritdoc IRouter
    function getSupportedTokens(uint64 chainSelector) external view returns (address[] memory) {
        address onRamp = _onRamps[chainSelector];
        if (onRamp == address(0)) return new address[](0);
        return IOnRamp(onRamp).getSupportedTokens(chainSelector);
    }

    /* CONFIGURATION */

    /// @inheritdoc IRouter
    function setWrappedNative(address wrappedNative) external onlyOwner {
        // CHECK
        EVMAddress.requireNonZero(wrappedNative);

        // EFFECT
        // checked above
        // slither-disable-next-line missing-zero-check
        _wrappedNative = wrappedNative;
    }

    /// @inheritdoc IRouter
    function getWrappedNative() external view returns (address) {
        return _wrappedNative;
    }

    /// @inheritdoc IRouter
    function getArmProxy() external view returns (address) {
        return _rmnProxy;
    }

    /// @inheritdoc IRouter
    function recoverTokens(address tokenAddress, address to, uint256 amount) external onlyOwner {
        // CHECK
        require(to != address(0), InvalidRecipientAddress(to));

        // INTERACT
        if (tokenAddress == address(0)) {
            _sendNative(to, amount);
        } else {
            IERC20(tokenAddress).safeTransfer(to, amount);
        }
    }

    /* INTERNALS */

    /// @dev One answer covers the destination and everything; which of them it is matters only to who is refused.
    function _requireNotCursed(uint64 destChainSelector) private view {
        if (!CurseCheck.isCursed(_rmnProxy, destChainSelector)) return;
        require(!CurseCheck.isCursed(_rmnProxy), BadARMSignal());
        revert CurseCheck.CursedByRMN();
    }

    /// @dev A copy of the message that pays in the token which native is wrapped into.
    function _inWrappedNative(Client.EVM2AnyMessage calldata message)
        private
        view
        returns (Client.EVM2AnyMessage memory wrapped)
    {
        wrapped = message;
        wrapped.feeToken = _wrappedNative;
    }

    function _onRampTo(uint64 destChainSelector) private view returns (IOnRamp) {
        address onRamp = _onRamps[destChainSelector];
        require(onRamp != address(0), UnsupportedDestinationChain(destChainSelector));
        return IOnRamp(onRamp);
    }

    function _offRampKey(uint64 sourceChainSelector, address offRamp) private pure returns (uint256) {
        return (uint256(sourceChainSelector) << 160) | uint160(offRamp);
    }

    function _sendNative(address to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        require(success, FailedToSendValue());
    }
}
