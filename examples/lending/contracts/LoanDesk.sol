// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CollateralVault} from "./CollateralVault.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {CrossChainApp} from "ccip/apps/CrossChainApp.sol";
import {CallTerms} from "ccip/apps/ICrossChainApp.sol";

/// @title LoanDesk
/// @notice Lends and is paid back, on the chain where the loan token is. The collateral is at the CollateralVault.
/// @dev A loan is closed once, here, and the money is here in the same transaction. So the vault can believe us.
contract LoanDesk is CrossChainApp {
    using SafeERC20 for IERC20;

    enum State {
        None,
        Active,
        Repaid, // by the borrower: the collateral goes back
        PaidOff // by a liquidator: the collateral goes there
    }

    struct Loan {
        State state;
        uint256 debt;
    }

    error NotEnoughMoney(uint256 available, uint256 wanted);
    error NotActive(uint256 loanId, State state);
    error NotRepaid(uint256 loanId);
    error NotFunded(address funder, address liquidator, uint256 available, uint256 debt);

    event LoanChanged(uint256 indexed loanId, State state, uint256 debt);

    uint32 private constant GAS = 600_000;
    uint32 private constant REPLY_GAS = 200_000;

    IERC20 public immutable money;
    uint64 public immutable vaultChain;

    mapping(uint256 loanId => Loan) public loans;

    /// @notice Money set aside at `funder`'s cost for liquidations by `liquidator`, an account of the vault's chain.
    /// @dev Not an allowance of the liquidator's own: who holds an address there need not hold it here.
    mapping(address funder => mapping(address liquidator => uint256)) public funds;
    uint256 public totalFunds;

    constructor(address router, IERC20 money_, uint64 vaultChain_) CrossChainApp(router) {
        (money, vaultChain) = (money_, vaultChain_);
    }

    /// @notice What can be lent.
    function available() public view returns (uint256) {
        return money.balanceOf(address(this)) - totalFunds;
    }

    /* THE VAULT */

    function lend(uint256 loanId, address recipient, uint256 debt) external onlyRemote {
        require(loans[loanId].state == State.None, NotActive(loanId, loans[loanId].state));
        require(debt <= available(), NotEnoughMoney(available(), debt));
        loans[loanId] = Loan(State.Active, debt);
        emit LoanChanged(loanId, State.Active, debt);
        money.safeTransfer(recipient, debt);
    }

    function payOff(uint256 loanId, address funder, address liquidator) external onlyRemote {
        uint256 debt = _close(loanId, State.PaidOff);
        uint256 held = funds[funder][liquidator];
        require(debt <= held, NotFunded(funder, liquidator, held, debt));
        funds[funder][liquidator] = held - debt;
        totalFunds -= debt;
    }

    /* THE BORROWER */

    /// @notice Pays a loan back and tells the vault. `msg.value` pays for that; what is left of it comes back.
    function repay(uint256 loanId) external payable {
        uint256 debt = _close(loanId, State.Repaid);
        money.safeTransferFrom(msg.sender, address(this), debt);
        _callForRelease(loanId);
    }

    /// @notice Tells the vault again, should it not have been able to act. Anyone may, and pays for it.
    function releaseAgain(uint256 loanId) external payable {
        require(loans[loanId].state == State.Repaid, NotRepaid(loanId));
        _callForRelease(loanId);
    }

    /* THE LIQUIDATOR */

    function setAside(address liquidator, uint256 amount) external {
        funds[msg.sender][liquidator] += amount;
        totalFunds += amount;
        money.safeTransferFrom(msg.sender, address(this), amount);
    }

    function takeBack(address liquidator, uint256 amount) external {
        funds[msg.sender][liquidator] -= amount;
        totalFunds -= amount;
        money.safeTransfer(msg.sender, amount);
    }

    /* INSIDE */

    function _close(uint256 loanId, State state) private returns (uint256 debt) {
        require(loans[loanId].state == State.Active, NotActive(loanId, loans[loanId].state));
        loans[loanId].state = state;
        debt = loans[loanId].debt;
        emit LoanChanged(loanId, state, debt);
    }

    /// @dev It is never too late to give collateral back: no timeout.
    function _callForRelease(uint256 loanId) private {
        CallTerms memory terms = CallTerms(GAS, REPLY_GAS, type(uint32).max);
        _callRemoteForCaller(vaultChain, abi.encodeCall(CollateralVault.release, (loanId)), terms);
    }

    /// @dev The vault did what it had to, or `releaseAgain` asks again.
    function _onSuccess(bytes32, bytes memory) internal override {}

    function _onFailure(bytes32, bytes memory) internal override {}
}
