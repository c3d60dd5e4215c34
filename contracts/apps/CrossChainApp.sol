// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAny2EVMMessageReceiver} from "../interfaces/IAny2EVMMessageReceiver.sol";
import {IRouterClient} from "../interfaces/IRouterClient.sol";
import {EVMAddress} from "../libraries/EVMAddress.sol";
import {CCIPReceiver} from "../receivers/CCIPReceiver.sol";
import {Client} from "../types/Client.sol";
import {CallTerms, Decision, ICrossChainApp, Outcome, RemoteCall} from "./ICrossChainApp.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title CrossChainApp
/// @notice Base of an application with contracts on several chains: call a function of a peer with `_callRemote`,
/// mark functions that peers may call `onlyRemote`, and act on the outcome in `_onSuccess` and `_onFailure`.
/// @dev Exactly one of the two runs, once per call. See ICrossChainApp for what holds when messages are late, fail,
/// or overtake each other. Messages are sent out of order: one that is stuck does not stop the others.
abstract contract CrossChainApp is ICrossChainApp, Ownable2Step, CCIPReceiver, ReentrancyGuardTransient {
    /// @dev What a message between peers is about; abi.encode(Kind, callId, body).
    enum Kind {
        Call, // body: abi.encode(uint64 deadline, uint32 replyGasLimit, bytes callData)
        Cancel, // body: abi.encode(uint32 replyGasLimit)
        Reply // body: abi.encode(Outcome, bytes data)
    }

    /// @notice Longest result of a remote function. Longer errors are cut off here.
    uint256 public constant MAX_RESULT_BYTES = 256;

    /// @notice Where calls to a chain go.
    mapping(uint64 chainSelector => address peer) public peers;

    /// @notice Whom to believe.
    mapping(uint64 chainSelector => mapping(address peer => bool)) public isPeer;

    /// @notice Calls made from here.
    mapping(bytes32 callId => RemoteCall) public calls;

    /// @notice What was decided here about calls of others.
    mapping(uint64 chainSelector => mapping(address peer => mapping(bytes32 callId => Decision))) public
        decisions;

    /// @notice How many calls were made from here.
    uint256 public callCount;

    /// @dev The remote call that is running, between `perform` and the function it is for.
    uint64 private transient _callerChain;
    address private transient _callerPeer;
    bytes32 private transient _callerCallId;
    bool private transient _isAwaited;

    /// @dev For functions that only a peer may call. `_remoteCaller` says which.
    modifier onlyRemote() {
        require(msg.sender == address(this) && _isAwaited, OnlyRemote(msg.sender));
        _isAwaited = false;
        _;
    }

    constructor(address router) CCIPReceiver(router) Ownable(msg.sender) {}

    /// @notice Fills the balance that pays for calls and replies.
    receive() external payable {}

    /* PEERS AND FEES */

    /// @inheritdoc ICrossChainApp
    /// @dev A base that overrides `supportsInterface` and forgets this one would make every message arrive without
    /// being handed over. Better to have no peers at all.
    function setPeer(uint64 chainSelector, address peer) external onlyOwner {
        // CHECK
        EVMAddress.requireNonZero(peer);
        require(supportsInterface(type(IAny2EVMMessageReceiver).interfaceId), DoesNotSayItReceives());

        // EFFECT
        peers[chainSelector] = peer;
        isPeer[chainSelector][peer] = true;

        emit PeerSet(chainSelector, peer);
    }

    /// @inheritdoc ICrossChainApp
    function revokePeer(uint64 chainSelector, address peer) external onlyOwner {
        // EFFECT
        isPeer[chainSelector][peer] = false;
        if (peers[chainSelector] == peer) delete peers[chainSelector];

        emit PeerRevoked(chainSelector, peer);
    }

    /// @inheritdoc ICrossChainApp
    function withdrawFees(address payable recipient, uint256 amount) external onlyOwner {
        // INTERACT
        Address.sendValue(recipient, amount);
    }

    /* CALLING */

    /// @notice What `_callRemote` with the same arguments would pay in this block.
    function getCallFee(uint64 chainSelector, bytes memory callData, CallTerms memory terms)
        public
        view
        returns (uint256 fee)
    {
        bytes memory data = _encodeCall(bytes32(0), 0, terms.replyGasLimit, callData);
        return
            IRouterClient(_router)
                .getFee(chainSelector, _message(_peerOn(chainSelector), data, terms.gasLimit));
    }

    /// @dev Sends `callData` (use abi.encodeCall) to the peer on `chainSelector`.
    /// @param maxFee The most to pay for the message: `msg.value` if the user is to pay, or all this contract has.
    /// @return callId What `_onSuccess` or `_onFailure` will be told.
    /// @return fee What it cost. `_callRemoteForCaller` gives the rest back to the user.
    // for applications: the heirs call it
    // slither-disable-next-line dead-code
    function _callRemote(uint64 chainSelector, bytes memory callData, CallTerms memory terms, uint256 maxFee)
        internal
        returns (bytes32 callId, uint256 fee)
    {
        // CHECK
        address peer = _peerOn(chainSelector);

        // EFFECT (the id is unique among all contracts on all chains: a peer's successor repeats none)
        callId = keccak256(abi.encode(block.chainid, address(this), ++callCount));
        // casting to 'bytes4' is safe because only the selector is wanted
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(callData);
        uint64 deadline = uint64(block.timestamp) + terms.timeout;
        calls[callId] = RemoteCall(peer, chainSelector, Outcome.Undecided, selector, deadline);

        // INTERACT
        bytes memory data = _encodeCall(callId, deadline, terms.replyGasLimit, callData);
        bytes32 messageId;
        (messageId, fee) = _send(chainSelector, peer, data, terms.gasLimit, maxFee);
        emit CallSent(callId, chainSelector, messageId, peer, selector, deadline);
    }

    /// @dev The same for a function that its user pays for: `msg.value` pays, and what is left of it goes back at once.
    // for applications: the heirs call it, from functions that are payable
    // slither-disable-next-line dead-code,msg-value-in-nonpayable
    function _callRemoteForCaller(uint64 chainSelector, bytes memory callData, CallTerms memory terms)
        internal
        returns (bytes32 callId)
    {
        uint256 fee;
        (callId, fee) = _callRemote(chainSelector, callData, terms, msg.value);
        _giveBack(fee);
    }

    /// @inheritdoc ICrossChainApp
    function cancel(bytes32 callId, uint32 gasLimit, uint32 replyGasLimit)
        external
        payable
        returns (bytes32 messageId)
    {
        // CHECK
        RemoteCall memory call = calls[callId];
        // an enum, which only this contract writes
        // slither-disable-next-line incorrect-equality
        require(call.peer != address(0) && call.outcome == Outcome.Undecided, NotOpen(callId));
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp > call.deadline, NotTimedOut(callId, call.deadline));

        // INTERACT
        bytes memory data = abi.encode(Kind.Cancel, callId, abi.encode(replyGasLimit));
        messageId = _sendForCaller(call.chainSelector, call.peer, data, gasLimit);
        emit CancelSent(callId, messageId);
    }

    /// @dev The call ran there and returned `result`. A revert leaves it open; the reply can be executed again.
    function _onSuccess(bytes32 callId, bytes memory result) internal virtual;

    /// @dev The call did not run there and never will: compensate. A revert leaves it open, as above.
    function _onFailure(bytes32 callId, bytes memory reason) internal virtual;

    /* BEING CALLED */

    /// @dev Which call the `onlyRemote` function runs for.
    // for applications: the heirs call it
    // slither-disable-next-line dead-code
    function _remoteCaller() internal view returns (uint64 chainSelector, address peer, bytes32 callId) {
        return (_callerChain, _callerPeer, _callerCallId);
    }

    /// @notice Runs one remote call as a call of its own, so that a failure undoes all of it. This contract only.
    /// @dev `onlyRemote` consumes the flag, so a function without the modifier is undone whatever it did.
    function perform(uint64 chainSelector, address peer, bytes32 callId, bytes calldata callData)
        external
        returns (bytes memory result)
    {
        // CHECK (not within another remote call: a peer could call this very function and pose as another peer)
        require(msg.sender == address(this) && !_isAwaited, OnlyRemote(msg.sender));

        // EFFECT and INTERACT
        // for the length of one call; the peer is the sender of a message that was checked
        // slither-disable-next-line events-maths,missing-zero-check
        (_callerChain, _callerPeer, _callerCallId, _isAwaited) = (chainSelector, peer, callId, true);
        result = Address.functionCall(address(this), callData);
        // casting to 'bytes4' is safe because only the selector is shown
        // forge-lint: disable-next-line(unsafe-typecast)
        require(!_isAwaited, NotARemoteFunction(bytes4(callData)));
        require(result.length <= MAX_RESULT_BYTES, ResultTooLong(result.length, MAX_RESULT_BYTES));
        (_callerChain, _callerPeer, _callerCallId) = (0, address(0), bytes32(0));
    }

    /// @inheritdoc ICrossChainApp
    function sendReply(uint64 chainSelector, address peer, bytes32 callId, uint32 replyGasLimit)
        external
        payable
        returns (bytes32 messageId)
    {
        // CHECK
        Decision memory decision = decisions[chainSelector][peer][callId];
        require(decision.outcome != Outcome.Undecided, NotDecided(chainSelector, peer, callId));

        // INTERACT
        messageId = _sendForCaller(chainSelector, peer, _encodeReply(callId, decision), replyGasLimit);
        emit ReplySent(callId, messageId);
    }

    /// @notice Sends a decision from this contract's own balance. This contract only, so that failing is survived.
    function replyFromBalance(uint64 chainSelector, address peer, bytes32 callId, uint32 replyGasLimit)
        external
    {
        require(msg.sender == address(this), OnlyRemote(msg.sender));
        bytes memory data = _encodeReply(callId, decisions[chainSelector][peer][callId]);
        (bytes32 messageId,) = _send(chainSelector, peer, data, replyGasLimit, address(this).balance);
        emit ReplySent(callId, messageId);
    }

    /* RECEIVING */

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override nonReentrant {
        // CHECK
        uint64 chainSelector = message.sourceChainSelector;
        address peer = EVMAddress.decode(message.sender);
        require(isPeer[chainSelector][peer], NotAPeer(chainSelector, message.sender));
        require(message.destTokenAmounts.length == 0, TokensNotAccepted());

        // EFFECT and INTERACT
        (Kind kind, bytes32 callId, bytes memory body) = abi.decode(message.data, (Kind, bytes32, bytes));
        if (kind == Kind.Reply) {
            _settle(chainSelector, peer, callId, body);
        } else if (kind == Kind.Call) {
            _run(chainSelector, peer, callId, body);
        } else {
            _refuse(chainSelector, peer, callId, body);
        }
    }

    /// @dev The first reply counts. Later ones say the same, for the remote decided once.
    function _settle(uint64 chainSelector, address peer, bytes32 callId, bytes memory body) private {
        // CHECK
        RemoteCall storage call = calls[callId];
        require(call.peer == peer && call.chainSelector == chainSelector, UnknownCall(callId));
        if (call.outcome != Outcome.Undecided) return;

        (Outcome outcome, bytes memory data) = abi.decode(body, (Outcome, bytes));
        require(outcome != Outcome.Undecided, NotAnOutcome(callId));

        // EFFECT
        call.outcome = outcome;

        emit CallSettled(callId, outcome, data);

        // INTERACT
        if (outcome == Outcome.Succeeded) _onSuccess(callId, data);
        else _onFailure(callId, data);
    }

    /// @dev A call that was decided before (cancelled) does nothing: the reply to the cancellation is on its way.
    function _run(uint64 chainSelector, address peer, bytes32 callId, bytes memory body) private {
        // CHECK
        if (decisions[chainSelector][peer][callId].outcome != Outcome.Undecided) return;
        (uint64 deadline, uint32 replyGasLimit, bytes memory callData) =
            abi.decode(body, (uint64, uint32, bytes));

        // INTERACT, and EFFECT: re-entrance cannot decide the same call, as no message is received meanwhile
        // (whoever shifts the clock a little shifts the deadline, and nothing else)
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp > deadline) {
            bytes memory reason = abi.encodeWithSelector(TooLate.selector, deadline, block.timestamp);
            _decide(chainSelector, peer, callId, Decision(Outcome.Failed, reason));
        } else {
            // no message is received meanwhile, so nobody decides the same call in between
            // slither-disable-next-line reentrancy-no-eth
            try this.perform(chainSelector, peer, callId, callData) returns (bytes memory result) {
                _decide(chainSelector, peer, callId, Decision(Outcome.Succeeded, result));
            } catch (bytes memory reason) {
                _decide(chainSelector, peer, callId, Decision(Outcome.Failed, _cut(reason)));
            }
        }
        _reply(chainSelector, peer, callId, replyGasLimit);
    }

    /// @dev A cancellation decides only what is undecided; it gets an answer either way.
    function _refuse(uint64 chainSelector, address peer, bytes32 callId, bytes memory body) private {
        if (decisions[chainSelector][peer][callId].outcome == Outcome.Undecided) {
            bytes memory reason = abi.encodeWithSelector(CallCancelled.selector);
            _decide(chainSelector, peer, callId, Decision(Outcome.Failed, reason));
        }
        _reply(chainSelector, peer, callId, abi.decode(body, (uint32)));
    }

    function _decide(uint64 chainSelector, address peer, bytes32 callId, Decision memory decision) private {
        decisions[chainSelector][peer][callId] = decision;
        emit CallDecided(callId, chainSelector, peer, decision.outcome, decision.data);
    }

    /// @dev A reply that cannot leave undoes nothing: the decision stands, and anyone may send it.
    function _reply(uint64 chainSelector, address peer, bytes32 callId, uint32 replyGasLimit) private {
        try this.replyFromBalance(chainSelector, peer, callId, replyGasLimit) {}
        catch (bytes memory reason) {
            emit ReplyNotSent(callId, reason);
        }
    }

    /* SENDING */

    function _peerOn(uint64 chainSelector) private view returns (address peer) {
        peer = peers[chainSelector];
        require(peer != address(0), NoPeer(chainSelector));
    }

    function _send(uint64 chainSelector, address peer, bytes memory data, uint32 gasLimit, uint256 maxFee)
        private
        returns (bytes32 messageId, uint256 fee)
    {
        Client.EVM2AnyMessage memory message = _message(peer, data, gasLimit);
        fee = IRouterClient(_router).getFee(chainSelector, message);
        require(fee <= maxFee, FeeNotCovered(fee, maxFee));
        messageId = IRouterClient(_router).ccipSend{value: fee}(chainSelector, message);
    }

    /// @dev `msg.value` pays; what is left of it goes back.
    function _sendForCaller(uint64 chainSelector, address peer, bytes memory data, uint32 gasLimit)
        private
        returns (bytes32 messageId)
    {
        uint256 fee;
        (messageId, fee) = _send(chainSelector, peer, data, gasLimit, msg.value);
        _giveBack(fee);
    }

    function _giveBack(uint256 fee) private {
        if (msg.value > fee) Address.sendValue(payable(msg.sender), msg.value - fee);
    }

    function _message(address peer, bytes memory data, uint32 gasLimit)
        private
        pure
        returns (Client.EVM2AnyMessage memory)
    {
        return Client.EVM2AnyMessage({
            receiver: EVMAddress.encode(peer),
            data: data,
            tokenAmounts: new Client.EVMTokenAmount[](0),
            feeToken: address(0),
            extraArgs: Client._argsToBytes(
                Client.EVMExtraArgsV2({gasLimit: gasLimit, allowOutOfOrderExecution: true})
            )
        });
    }

    function _encodeCall(bytes32 callId, uint64 deadline, uint32 replyGasLimit, bytes memory callData)
        private
        pure
        returns (bytes memory)
    {
        return abi.encode(Kind.Call, callId, abi.encode(deadline, replyGasLimit, callData));
    }

    function _encodeReply(bytes32 callId, Decision memory decision) private pure returns (bytes memory) {
        return abi.encode(Kind.Reply, callId, abi.encode(decision.outcome, decision.data));
    }

    function _cut(bytes memory reason) private pure returns (bytes memory) {
        if (reason.length <= MAX_RESULT_BYTES) return reason;
        bytes memory start = new bytes(MAX_RESULT_BYTES);
        for (uint256 i = 0; i < MAX_RESULT_BYTES; ++i) {
            start[i] = reason[i];
        }
        return start;
    }
}
