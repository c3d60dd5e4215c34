// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Courier} from "./Courier.sol";
import {Warehouse} from "./Warehouse.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {CrossChainApp} from "ccip/apps/CrossChainApp.sol";
import {CallTerms} from "ccip/apps/ICrossChainApp.sol";

/// @title Till
/// @notice Where customers pay, and where an order is steered from: reserve on the chain of the stock, then deliver on
/// the chain of the delivery, then keep the money; or give all of it back.
/// @dev The delivery decides. The money stays here until that outcome is known, and goes one way only: to the
/// merchant if `deliver` succeeded, to the customer if it (or the reservation) did not and never will.
contract Till is CrossChainApp {
    using SafeERC20 for IERC20;

    enum State {
        None,
        Reserving, // asked the warehouse
        Delivering, // asked the courier
        Sold, // delivered there, paid here
        Releasing, // refunded here, asked the warehouse to put the goods back
        Refunded // nothing happened anywhere, or it was undone
    }

    struct Order {
        address customer;
        address recipient;
        uint256 item;
        uint256 paid;
        State state;
    }

    /// @notice The item has no price here.
    error NotForSale(uint256 item);

    /// @notice Ask `quote`: all messages of an order are paid in advance.
    error MessagesNotCovered(uint256 needed, uint256 sent);

    /// @notice Only goods of a refunded order go back.
    error NothingToRelease(uint256 orderId);

    event OrderChanged(uint256 indexed orderId, State state, bytes reason);

    uint32 private constant GAS = 600_000;
    uint32 private constant REPLY_GAS = 700_000; // a reply here may send the next call

    IERC20 public immutable money;
    address public immutable merchant;
    uint64 public immutable stockChain;
    uint64 public immutable deliveryChain;
    uint32 public immutable timeout;

    mapping(uint256 item => uint256) public prices;
    mapping(uint256 orderId => Order) public orders;
    mapping(bytes32 callId => uint256) public orderOf;
    uint256 public orderCount;

    constructor(
        address router,
        IERC20 money_,
        address merchant_,
        uint64 stockChain_,
        uint64 deliveryChain_,
        uint32 timeout_
    ) CrossChainApp(router) {
        (money, merchant, timeout) = (money_, merchant_, timeout_);
        (stockChain, deliveryChain) = (stockChain_, deliveryChain_);
    }

    function setPrice(uint256 item, uint256 price) external onlyOwner {
        prices[item] = price;
    }

    /// @notice What the messages of one order cost, in native, if all three are needed.
    function quote() public view returns (uint256) {
        bytes memory deliver = abi.encodeCall(Courier.deliver, (0, 0, address(0)));
        bytes memory reserve = abi.encodeCall(Warehouse.reserve, (0, 0));
        return getCallFee(deliveryChain, deliver, _terms()) + 2 * getCallFee(stockChain, reserve, _terms());
    }

    /// @notice Orders one `item` for `recipient`. Approve this contract for its price; native above `quote` comes back.
    function buy(uint256 item, address recipient) external payable returns (uint256 orderId) {
        uint256 price = prices[item];
        require(price != 0, NotForSale(item));
        uint256 fees = quote();
        require(msg.value >= fees, MessagesNotCovered(fees, msg.value));

        orderId = ++orderCount;
        orders[orderId] = Order(msg.sender, recipient, item, price, State.Reserving);
        emit OrderChanged(orderId, State.Reserving, "");

        money.safeTransferFrom(msg.sender, address(this), price);
        _ask(orderId, stockChain, abi.encodeCall(Warehouse.reserve, (orderId, item)), _terms());
        if (msg.value > fees) Address.sendValue(payable(msg.sender), msg.value - fees);
    }

    /// @notice Asks the warehouse again to put the goods of a refunded order back. Anyone may, and pays for it.
    function releaseAgain(uint256 orderId) external payable {
        require(orders[orderId].state == State.Releasing, NothingToRelease(orderId));
        _release(orderId);
    }

    function _onSuccess(bytes32 callId, bytes memory) internal override {
        uint256 orderId = orderOf[callId];
        Order storage order = orders[orderId];
        if (order.state == State.Reserving) {
            _change(orderId, State.Delivering, "");
            bytes memory deliver = abi.encodeCall(Courier.deliver, (orderId, order.item, order.recipient));
            _ask(orderId, deliveryChain, deliver, _terms());
        } else if (order.state == State.Delivering) {
            _change(orderId, State.Sold, "");
            money.safeTransfer(merchant, order.paid);
        } else if (order.state == State.Releasing) {
            _change(orderId, State.Refunded, "");
        }
    }

    function _onFailure(bytes32 callId, bytes memory reason) internal override {
        uint256 orderId = orderOf[callId];
        Order storage order = orders[orderId];
        if (order.state == State.Reserving) {
            _change(orderId, State.Refunded, reason);
            money.safeTransfer(order.customer, order.paid);
        } else if (order.state == State.Delivering) {
            _change(orderId, State.Releasing, reason);
            money.safeTransfer(order.customer, order.paid);
            _release(orderId);
        } // a release that failed is asked for again by `releaseAgain`
    }

    /// @dev Never too late to put goods back: no timeout.
    function _release(uint256 orderId) private {
        CallTerms memory terms = _terms();
        terms.timeout = type(uint32).max;
        _ask(orderId, stockChain, abi.encodeCall(Warehouse.release, (orderId)), terms);
    }

    function _ask(uint256 orderId, uint64 chainSelector, bytes memory callData, CallTerms memory terms)
        private
    {
        (bytes32 callId,) = _callRemote(chainSelector, callData, terms, address(this).balance);
        orderOf[callId] = orderId;
    }

    function _change(uint256 orderId, State state, bytes memory reason) private {
        orders[orderId].state = state;
        emit OrderChanged(orderId, state, reason);
    }

    function _terms() private view returns (CallTerms memory) {
        return CallTerms({gasLimit: GAS, replyGasLimit: REPLY_GAS, timeout: timeout});
    }
}
