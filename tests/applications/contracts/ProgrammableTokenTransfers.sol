// SPDX-License-Identifier: MIT
pragma solidity ^0.8.19;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {CCIPReceiver} from "@chainlink/contracts-ccip/contracts/applications/CCIPReceiver.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice Sends tokens that it holds together with a text, and pays for that with LINK that it holds. The text and
/// the tokens arrive in one call.
contract ProgrammableTokenTransfers is CCIPReceiver, Ownable {
    using SafeERC20 for IERC20;

    error NotEnoughLink(uint256 currentBalance, uint256 calculatedFees);
    error NothingToWithdraw();

    event MessageSent(bytes32 indexed messageId, address token, uint256 tokenAmount, uint256 fees);
    event MessageReceived(bytes32 indexed messageId, string text, address token, uint256 tokenAmount);

    IERC20 private immutable i_linkToken;

    bytes32 private s_lastReceivedMessageId;
    address private s_lastReceivedToken;
    uint256 private s_lastReceivedAmount;
    string private s_lastReceivedText;

    constructor(address router, address link) CCIPReceiver(router) Ownable(msg.sender) {
        i_linkToken = IERC20(link);
    }

    function sendMessagePayLINK(
        uint64 destinationChainSelector,
        address receiver,
        string calldata text,
        address token,
        uint256 amount
    ) external onlyOwner returns (bytes32 messageId) {
        Client.EVMTokenAmount[] memory tokenAmounts = new Client.EVMTokenAmount[](1);
        tokenAmounts[0] = Client.EVMTokenAmount({token: token, amount: amount});
        Client.EVM2AnyMessage memory message = Client.EVM2AnyMessage({
            receiver: abi.encode(receiver),
            data: abi.encode(text),
            tokenAmounts: tokenAmounts,
            extraArgs: Client._argsToBytes(Client.EVMExtraArgsV1({gasLimit: 200_000})),
            feeToken: address(i_linkToken)
        });

        IRouterClient router = IRouterClient(getRouter());
        uint256 fees = router.getFee(destinationChainSelector, message);
        uint256 balance = i_linkToken.balanceOf(address(this));
        if (fees > balance) revert NotEnoughLink(balance, fees);

        i_linkToken.safeIncreaseAllowance(address(router), fees);
        IERC20(token).safeIncreaseAllowance(address(router), amount);
        messageId = router.ccipSend(destinationChainSelector, message);
        emit MessageSent(messageId, token, amount, fees);
    }

    function _ccipReceive(Client.Any2EVMMessage memory any2EvmMessage) internal override {
        s_lastReceivedMessageId = any2EvmMessage.messageId;
        s_lastReceivedText = abi.decode(any2EvmMessage.data, (string));
        s_lastReceivedToken = any2EvmMessage.destTokenAmounts[0].token;
        s_lastReceivedAmount = any2EvmMessage.destTokenAmounts[0].amount;
        emit MessageReceived(
            any2EvmMessage.messageId, s_lastReceivedText, s_lastReceivedToken, s_lastReceivedAmount
        );
    }

    function getLastReceivedMessageDetails()
        external
        view
        returns (bytes32 messageId, string memory text, address token, uint256 amount)
    {
        return (s_lastReceivedMessageId, s_lastReceivedText, s_lastReceivedToken, s_lastReceivedAmount);
    }

    function withdrawToken(address beneficiary, address token) external onlyOwner {
        uint256 amount = IERC20(token).balanceOf(address(this));
        if (amount == 0) revert NothingToWithdraw();
        IERC20(token).safeTransfer(beneficiary, amount);
    }
}
