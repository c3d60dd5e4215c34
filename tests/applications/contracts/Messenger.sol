// SPDX-License-Identifier: MIT
pragma solidity ^0.8.19;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {CCIPReceiver} from "@chainlink/contracts-ccip/contracts/applications/CCIPReceiver.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Sends text to its like on other chains and remembers what came last. Pays out of its own pocket, in
/// LINK or in the native coin.
contract Messenger is CCIPReceiver, Ownable {
    error NotEnoughBalance(uint256 currentBalance, uint256 calculatedFees);
    error DestinationChainNotAllowlisted(uint64 destinationChainSelector);
    error SourceChainNotAllowlisted(uint64 sourceChainSelector);
    error SenderNotAllowlisted(address sender);
    error InvalidReceiverAddress();

    event MessageSent(
        bytes32 indexed messageId,
        uint64 indexed destinationChainSelector,
        address receiver,
        string text,
        address feeToken,
        uint256 fees
    );
    event MessageReceived(
        bytes32 indexed messageId, uint64 indexed sourceChainSelector, address sender, string text
    );

    bytes32 private s_lastReceivedMessageId;
    string private s_lastReceivedText;

    mapping(uint64 => bool) public allowlistedDestinationChains;
    mapping(uint64 => bool) public allowlistedSourceChains;
    mapping(address => bool) public allowlistedSenders;

    IERC20 private s_linkToken;

    constructor(address router, address link) CCIPReceiver(router) Ownable(msg.sender) {
        s_linkToken = IERC20(link);
    }

    modifier onlyAllowlistedDestinationChain(uint64 destinationChainSelector) {
        if (!allowlistedDestinationChains[destinationChainSelector]) {
            revert DestinationChainNotAllowlisted(destinationChainSelector);
        }
        _;
    }

    modifier onlyAllowlisted(uint64 sourceChainSelector, address sender) {
        if (!allowlistedSourceChains[sourceChainSelector]) {
            revert SourceChainNotAllowlisted(sourceChainSelector);
        }
        if (!allowlistedSenders[sender]) revert SenderNotAllowlisted(sender);
        _;
    }

    function allowlistDestinationChain(uint64 destinationChainSelector, bool allowed) external onlyOwner {
        allowlistedDestinationChains[destinationChainSelector] = allowed;
    }

    function allowlistSourceChain(uint64 sourceChainSelector, bool allowed) external onlyOwner {
        allowlistedSourceChains[sourceChainSelector] = allowed;
    }

    function allowlistSender(address sender, bool allowed) external onlyOwner {
        allowlistedSenders[sender] = allowed;
    }

    function sendMessagePayLINK(uint64 destinationChainSelector, address receiver, string calldata text)
        external
        onlyOwner
        onlyAllowlistedDestinationChain(destinationChainSelector)
        returns (bytes32 messageId)
    {
        Client.EVM2AnyMessage memory message = _buildCCIPMessage(receiver, text, address(s_linkToken));
        IRouterClient router = IRouterClient(this.getRouter());
        uint256 fees = router.getFee(destinationChainSelector, message);
        if (fees > s_linkToken.balanceOf(address(this))) {
            revert NotEnoughBalance(s_linkToken.balanceOf(address(this)), fees);
        }
        s_linkToken.approve(address(router), fees);
        messageId = router.ccipSend(destinationChainSelector, message);
        emit MessageSent(messageId, destinationChainSelector, receiver, text, address(s_linkToken), fees);
    }

    function sendMessagePayNative(uint64 destinationChainSelector, address receiver, string calldata text)
        external
        onlyOwner
        onlyAllowlistedDestinationChain(destinationChainSelector)
        returns (bytes32 messageId)
    {
        Client.EVM2AnyMessage memory message = _buildCCIPMessage(receiver, text, address(0));
        IRouterClient router = IRouterClient(this.getRouter());
        uint256 fees = router.getFee(destinationChainSelector, message);
        if (fees > address(this).balance) revert NotEnoughBalance(address(this).balance, fees);
        messageId = router.ccipSend{value: fees}(destinationChainSelector, message);
        emit MessageSent(messageId, destinationChainSelector, receiver, text, address(0), fees);
    }

    function _ccipReceive(Client.Any2EVMMessage memory any2EvmMessage)
        internal
        override
        onlyAllowlisted(any2EvmMessage.sourceChainSelector, abi.decode(any2EvmMessage.sender, (address)))
    {
        s_lastReceivedMessageId = any2EvmMessage.messageId;
        s_lastReceivedText = abi.decode(any2EvmMessage.data, (string));
        emit MessageReceived(
            any2EvmMessage.messageId,
            any2EvmMessage.sourceChainSelector,
            abi.decode(any2EvmMessage.sender, (address)),
            s_lastReceivedText
        );
    }

    function _buildCCIPMessage(address receiver, string calldata text, address feeTokenAddress)
        private
        pure
        returns (Client.EVM2AnyMessage memory)
    {
        if (receiver == address(0)) revert InvalidReceiverAddress();
        return Client.EVM2AnyMessage({
            receiver: abi.encode(receiver),
            data: abi.encode(text),
            tokenAmounts: new Client.EVMTokenAmount[](0),
            extraArgs: Client._argsToBytes(
                Client.EVMExtraArgsV2({gasLimit: 200_000, allowOutOfOrderExecution: true})
            ),
            feeToken: feeTokenAddress
        });
    }

    function getLastReceivedMessageDetails() external view returns (bytes32 messageId, string memory text) {
        return (s_lastReceivedMessageId, s_lastReceivedText);
    }

    receive() external payable {}
}
