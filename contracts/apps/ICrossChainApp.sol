// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice How a remote call ended. The remote side decides, once, and never changes its mind.
/// @dev `Failed` promises that the call left no effect there and never will: it reverted, came too late, or was
/// cancelled before it came. Which one, the outcome's data says, as an ABI-encoded error.
enum Outcome {
    Undecided,
    Succeeded,
    Failed
}

/// @notice A call as its origin remembers it.
struct RemoteCall {
    address peer; // who alone may answer, even if the chain's peer is another one by then
    uint64 chainSelector;
    Outcome outcome; // Undecided until the answer is here
    bytes4 selector; // which function was called there
    uint64 deadline; // seconds, read on the remote's clock: a call that arrives later does not run
}

/// @notice What the remote decided about a call. Kept for good: it is what makes a call run at most once.
struct Decision {
    Outcome outcome;
    bytes data; // what the function returned, or the error
}

/// @notice The conditions of one call.
struct CallTerms {
    uint32 gasLimit; // for the arrival there: the function, its result kept, and the reply sent. 500,000 is a start
    uint32 replyGasLimit; // for the arrival of the reply here: `_onSuccess` or `_onFailure`, and 100,000 beside
    uint32 timeout; // seconds until the call is no longer to run, and anyone may cancel it
}

/// @title ICrossChainApp: calls between the parts of one application on several chains
/// @dev Trust: the application's owner names the peers; a peer can call every `onlyRemote` function and decides the
/// outcome of calls made to it. Nobody else can do either. Whoever cancels or sends a reply can only make known
/// what has been or will be decided.
/// @dev Safety: the remote alone decides, once per call, and the origin settles only on the remote's word. A passed
/// deadline alone settles nothing, as no clock here can know what ran there. So a call never both succeeds there
/// and is compensated here, whatever is late, lost, repeated or out of order.
/// @dev Liveness: an open call ends when messages travel both ways again. Every step that can get stuck can be
/// pushed by anyone: a failed message by manual execution, an unsent reply by `sendReply`, a lost call by `cancel`.
/// @dev Fees: calls and replies are paid in native from this contract's balance, which anyone may fill by a plain
/// transfer; `cancel` and `sendReply` are paid by their caller.
interface ICrossChainApp {
    /// @notice `supportsInterface` denies that this contract receives messages: join the answers of all its bases.
    error DoesNotSayItReceives();

    /// @notice There is no peer on that chain.
    error NoPeer(uint64 chainSelector);

    /// @notice The message does not come from a peer of this application.
    error NotAPeer(uint64 chainSelector, bytes sender);

    /// @notice A peer answered a call that was not made to it.
    error UnknownCall(bytes32 callId);

    /// @notice A peer replied without having decided.
    error NotAnOutcome(bytes32 callId);

    /// @notice Calls carry no tokens: escrow them here, and release them when the outcome is known.
    error TokensNotAccepted();

    /// @notice The message costs more than was offered for it. Send more, or fill this contract's balance.
    error FeeNotCovered(uint256 fee, uint256 offered);

    /// @notice Only a remote call may do this.
    error OnlyRemote(address caller);

    /// @notice The function called by the peer is not marked `onlyRemote`, or does not exist.
    error NotARemoteFunction(bytes4 selector);

    /// @notice What the function returned is too long to be kept and sent back.
    error ResultTooLong(uint256 size, uint256 limit);

    /// @notice The call can still run; anyone may cancel it after `deadline`.
    error NotTimedOut(bytes32 callId, uint64 deadline);

    /// @notice No open call has this id: it was never made, or its outcome is known.
    error NotOpen(bytes32 callId);

    /// @notice Nothing was decided about this call here, so there is nothing to reply.
    error NotDecided(uint64 chainSelector, address peer, bytes32 callId);

    /// @notice Outcome data: the call arrived after its deadline and was not run.
    error TooLate(uint64 deadline, uint256 arrived);

    /// @notice Outcome data: the cancellation arrived before the call, which will never run.
    error CallCancelled();

    event PeerSet(uint64 indexed chainSelector, address indexed peer);
    event PeerRevoked(uint64 indexed chainSelector, address indexed peer);

    /// @notice A call left. `messageId` is the CCIP message that carries it.
    event CallSent(
        bytes32 indexed callId,
        uint64 indexed chainSelector,
        bytes32 indexed messageId,
        address peer,
        bytes4 selector,
        uint64 deadline
    );

    /// @notice A cancellation left. It wins only if it arrives before the call; the reply tells.
    event CancelSent(bytes32 indexed callId, bytes32 indexed messageId);

    /// @notice The outcome is known at the origin, and the application acted on it.
    event CallSettled(bytes32 indexed callId, Outcome outcome, bytes data);

    /// @notice A call from `chainSelector` was decided here.
    event CallDecided(
        bytes32 indexed callId,
        uint64 indexed chainSelector,
        address indexed peer,
        Outcome outcome,
        bytes data
    );

    /// @notice A decision is on its way to the origin. The same one may be sent several times.
    event ReplySent(bytes32 indexed callId, bytes32 indexed messageId);

    /// @notice A decision could not be sent now, for instance because the balance is too low. See `sendReply`.
    event ReplyNotSent(bytes32 indexed callId, bytes reason);

    /// @notice Calls to `chainSelector` go to `peer` from now on, and it is believed. Owner only.
    /// @dev Earlier peers of the chain are still believed, so that what is under way can end. Revoke them afterwards.
    function setPeer(uint64 chainSelector, address peer) external;

    /// @notice Nothing that comes from `peer` counts any more, not even the outcome of open calls. Owner only.
    function revokePeer(uint64 chainSelector, address peer) external;

    /// @notice Asks the remote not to run a call that is overdue, and for its decision in any case. Anyone may.
    /// @dev `msg.value` pays for the message; the rest comes back. May be repeated.
    /// @param gasLimit For the arrival of the cancellation there, with its reply: 400,000 is ample.
    function cancel(bytes32 callId, uint32 gasLimit, uint32 replyGasLimit)
        external
        payable
        returns (bytes32 messageId);

    /// @notice Sends a decision made here to the origin of the call, again or at last. Anyone may.
    /// @dev `msg.value` pays for the message; the rest comes back. Harmless if repeated: the first reply counts.
    function sendReply(uint64 chainSelector, address peer, bytes32 callId, uint32 replyGasLimit)
        external
        payable
        returns (bytes32 messageId);

    /// @notice Takes native out of the balance that pays for messages. Owner only.
    function withdrawFees(address payable recipient, uint256 amount) external;
}
