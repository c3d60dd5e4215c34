// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LoanDesk} from "./LoanDesk.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {CrossChainApp} from "ccip/apps/CrossChainApp.sol";
import {CallTerms} from "ccip/apps/ICrossChainApp.sol";
import {AggregatorV3Interface} from "ccip/interfaces/AggregatorV3Interface.sol";

/// @title CollateralVault
/// @notice Holds the collateral, on the chain where its price is known. Loans are at the LoanDesk, on another chain.
/// @dev The desk decides: it closes each loan once, by the borrower's repayment or by a liquidator's. Collateral
/// leaves a position only on the desk's word, and stays locked while that word is under way.
contract CollateralVault is CrossChainApp {
    using SafeERC20 for IERC20;

    enum State {
        None,
        Opening, // collateral locked, the desk is asked to lend
        Open, // the loan is out
        Closed // the collateral left the position
    }

    struct Position {
        address owner;
        State state;
        uint256 collateral;
        uint256 debt;
    }

    struct Liquidation {
        uint256 positionId;
        address liquidator;
    }

    error TooLittleCollateral(uint256 value, uint256 needed);
    error PositionNotOpen(uint256 positionId);

    /// @notice The loan is still covered.
    error Healthy(uint256 positionId, uint256 value, uint256 debt);

    /// @notice The price feed is silent, or says nothing sensible.
    error NoPrice(int256 answer, uint256 updatedAt);

    event PositionChanged(uint256 indexed positionId, State state, bytes reason);
    event Liquidated(uint256 indexed positionId, address indexed liquidator, uint256 collateral);
    event LiquidationFailed(uint256 indexed positionId, address indexed liquidator, bytes reason);

    uint256 public constant BORROW_PERCENT = 50; // of the collateral's value
    uint256 public constant LIQUIDATE_PERCENT = 80; // a debt above this part of the value is not safe
    uint256 public constant MAX_PRICE_AGE = 1 hours;
    uint32 private constant GAS = 600_000;
    uint32 private constant REPLY_GAS = 400_000;

    IERC20 public immutable collateral;
    AggregatorV3Interface public immutable feed; // loan tokens per collateral token, 8 decimals
    uint64 public immutable deskChain;
    uint32 public immutable timeout;

    mapping(address owner => uint256) public free;
    mapping(uint256 positionId => Position) public positions;
    mapping(bytes32 callId => uint256) public openingOf;
    mapping(bytes32 callId => Liquidation) public liquidationOf;
    uint256 public positionCount;
    uint256 public locked;

    constructor(
        address router,
        IERC20 collateral_,
        AggregatorV3Interface feed_,
        uint64 deskChain_,
        uint32 timeout_
    ) CrossChainApp(router) {
        (collateral, feed, deskChain, timeout) = (collateral_, feed_, deskChain_, timeout_);
    }

    /* THE BORROWER */

    function deposit(uint256 amount) external {
        free[msg.sender] += amount;
        collateral.safeTransferFrom(msg.sender, address(this), amount);
    }

    function withdraw(uint256 amount) external {
        free[msg.sender] -= amount;
        collateral.safeTransfer(msg.sender, amount);
    }

    /// @notice Locks `amount` of free collateral and asks the desk to lend `debt` to `recipient` there.
    /// @dev `msg.value` pays for the call (see `getCallFee`); what is left of it comes back.
    function borrow(uint256 amount, uint256 debt, address recipient)
        external
        payable
        returns (uint256 positionId)
    {
        uint256 limit = valueOf(amount) * BORROW_PERCENT / 100;
        require(debt <= limit, TooLittleCollateral(limit, debt));

        positionId = ++positionCount;
        free[msg.sender] -= amount;
        locked += amount;
        positions[positionId] = Position(msg.sender, State.Opening, amount, debt);
        emit PositionChanged(positionId, State.Opening, "");

        bytes memory lend = abi.encodeCall(LoanDesk.lend, (positionId, recipient, debt));
        bytes32 callId = _callRemoteForCaller(deskChain, lend, _terms());
        openingOf[callId] = positionId;
    }

    /* THE LIQUIDATOR */

    /// @notice Asks the desk to let `funder` pay the debt of an unsafe position; its collateral is then the caller's.
    /// @param funder who set money aside for the caller at the desk (LoanDesk.setAside)
    function liquidate(uint256 positionId, address funder) external payable {
        Position storage position = positions[positionId];
        require(position.state == State.Open || position.state == State.Opening, PositionNotOpen(positionId));
        uint256 value = valueOf(position.collateral);
        bool isUnsafe = position.debt > value * LIQUIDATE_PERCENT / 100;
        require(isUnsafe, Healthy(positionId, value, position.debt));

        bytes memory payOff = abi.encodeCall(LoanDesk.payOff, (positionId, funder, msg.sender));
        bytes32 callId = _callRemoteForCaller(deskChain, payOff, _terms());
        liquidationOf[callId] = Liquidation(positionId, msg.sender);
    }

    /* THE DESK */

    /// @notice The borrower repaid there.
    function release(uint256 positionId) external onlyRemote {
        _close(positionId, positions[positionId].owner);
    }

    function _onSuccess(bytes32 callId, bytes memory) internal override {
        Liquidation memory liquidation = liquidationOf[callId];
        if (liquidation.liquidator != address(0)) {
            uint256 amount = _close(liquidation.positionId, liquidation.liquidator);
            emit Liquidated(liquidation.positionId, liquidation.liquidator, amount);
        } else if (positions[openingOf[callId]].state == State.Opening) {
            positions[openingOf[callId]].state = State.Open;
            emit PositionChanged(openingOf[callId], State.Open, "");
        } // else the loan was closed before we heard that it had begun
    }

    function _onFailure(bytes32 callId, bytes memory reason) internal override {
        Liquidation memory liquidation = liquidationOf[callId];
        if (liquidation.liquidator != address(0)) {
            emit LiquidationFailed(liquidation.positionId, liquidation.liquidator, reason);
        } else {
            _close(openingOf[callId], positions[openingOf[callId]].owner);
        }
    }

    /// @dev Into the free balance, whoever it is for: a transfer that reverts would keep the news out.
    function _close(uint256 positionId, address beneficiary) private returns (uint256 amount) {
        Position storage position = positions[positionId];
        require(position.state == State.Opening || position.state == State.Open, PositionNotOpen(positionId));
        position.state = State.Closed;
        amount = position.collateral;
        locked -= amount;
        free[beneficiary] += amount;
        emit PositionChanged(positionId, State.Closed, "");
    }

    /* PRICES */

    /// @notice What `amount` of collateral is worth, in loan tokens.
    function valueOf(uint256 amount) public view returns (uint256) {
        (, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        require(answer > 0 && updatedAt + MAX_PRICE_AGE >= block.timestamp, NoPrice(answer, updatedAt));
        // casting to 'uint256' is safe because of the line above
        // forge-lint: disable-next-line(unsafe-typecast)
        return amount * uint256(answer) / 1e8;
    }

    function _terms() private view returns (CallTerms memory) {
        return CallTerms({gasLimit: GAS, replyGasLimit: REPLY_GAS, timeout: timeout});
    }
}
