// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRouterClient} from "ccip/interfaces/IRouterClient.sol";
import {Client} from "ccip/types/Client.sol";

/// @title Payroll
/// @notice Sends tokens to another chain together with the instruction how to split them there.
contract Payroll {
    using SafeERC20 for IERC20;

    IRouterClient public immutable router;
    uint64 public immutable splitterChain;
    address public immutable splitter;

    /// @notice The first needs no less than the second. Ask `getFee`.
    error FeeTooLow(uint256 fee, uint256 sent);

    constructor(IRouterClient router_, uint64 chainSelector, address splitter_) {
        (router, splitterChain, splitter) = (router_, chainSelector, splitter_);
    }

    function getFee(address token, uint256 amount, address[] calldata payees, uint256[] calldata shares)
        external
        view
        returns (uint256)
    {
        return router.getFee(splitterChain, _message(token, amount, payees, shares));
    }

    /// @notice Pays `payees` over there by their `shares` of `amount`. Approve this contract for it first.
    function pay(address token, uint256 amount, address[] calldata payees, uint256[] calldata shares)
        external
        payable
        returns (bytes32 messageId)
    {
        Client.EVM2AnyMessage memory message = _message(token, amount, payees, shares);
        uint256 fee = router.getFee(splitterChain, message);
        require(msg.value >= fee, FeeTooLow(fee, msg.value));

        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        IERC20(token).forceApprove(address(router), amount);
        messageId = router.ccipSend{value: fee}(splitterChain, message);
        (bool paid,) = msg.sender.call{value: msg.value - fee}("");
        require(paid);
    }

    function _message(address token, uint256 amount, address[] calldata payees, uint256[] calldata shares)
        private
        view
        returns (Client.EVM2AnyMessage memory message)
    {
        message.receiver = abi.encode(splitter);
        message.data = abi.encode(payees, shares);
        message.tokenAmounts = new Client.EVMTokenAmount[](1);
        message.tokenAmounts[0] = Client.EVMTokenAmount(token, amount);
        message.extraArgs =
            Client._argsToBytes(Client.EVMExtraArgsV2({gasLimit: 300_000, allowOutOfOrderExecution: true}));
    }
}
