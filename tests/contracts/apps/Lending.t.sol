// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICrossChainApp} from "../../../contracts/apps/ICrossChainApp.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {CollateralVault} from "../../../examples/lending/contracts/CollateralVault.sol";
import {LoanDesk} from "../../../examples/lending/contracts/LoanDesk.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {LocalNetwork} from "./LocalNetwork.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The example `lending`: collateral on A, loans on B. Collateral leaves a position only if its loan is closed
/// or was never paid out, and a loan is closed once.
contract LendingTest is Test {
    uint64 internal constant A = 7759470850252068959;
    uint64 internal constant B = 3379446385462418246;
    uint32 internal constant TIMEOUT = 1 hours;
    uint256 internal constant FEE = 0.001 ether;
    uint256 internal constant PRICE = 2_000; // loan tokens per collateral token
    uint256 internal constant MONEY = 1_000_000;

    LocalNetwork internal network;
    CollateralVault internal vault;
    LoanDesk internal desk;
    BurnMintERC20 internal gold;
    BurnMintERC20 internal money;
    PriceFeed internal feed;
    address internal borrower = makeAddr("borrower");
    address internal liquidator = makeAddr("liquidator");
    address internal funder = makeAddr("funder");

    function setUp() public {
        vm.warp(1_700_000_000);
        network = new LocalNetwork();
        network.setOverhead(1_000_000);
        gold = new BurnMintERC20("Gold", "GLD", 18);
        money = new BurnMintERC20("Money", "MON", 18);
        feed = new PriceFeed(8);
        vault = CollateralVault(
            deploy("CollateralVault", abi.encode(network.addChain(A), gold, feed, B, TIMEOUT))
        );
        desk = LoanDesk(deploy("LoanDesk", abi.encode(network.addChain(B), money, A)));
        vault.setPeer(B, address(desk));
        desk.setPeer(A, address(vault));
        setPrice(PRICE);
        fund();
    }

    /// @dev By name: forge rebuilds a test for a change in `contracts/`, not for one in `examples/`.
    function deploy(string memory name, bytes memory arguments) internal returns (address payable) {
        return
            payable(deployCode(string.concat("examples/lending/contracts/", name, ".sol:", name), arguments));
    }

    function fund() internal {
        vm.deal(address(vault), 1 ether);
        vm.deal(address(desk), 1 ether);
        vm.deal(borrower, 1 ether);
        vm.deal(liquidator, 1 ether);
        money.grantMintAndBurnRoles(address(this));
        gold.grantMintAndBurnRoles(address(this));
        money.mint(address(desk), MONEY);
        money.mint(funder, MONEY);
        money.mint(borrower, MONEY);
        gold.mint(borrower, 100);
        vm.startPrank(borrower);
        gold.approve(address(vault), type(uint256).max);
        money.approve(address(desk), type(uint256).max);
        vault.deposit(100);
        vm.stopPrank();
        vm.startPrank(funder);
        money.approve(address(desk), type(uint256).max);
        desk.setAside(liquidator, MONEY);
        vm.stopPrank();
    }

    function setPrice(uint256 price) internal {
        feed.set(int256(price * 1e8), block.timestamp);
    }

    function borrow(uint256 collateral, uint256 debt) internal returns (uint256 id) {
        network.on(A);
        setPrice(PRICE);
        vm.prank(borrower);
        return vault.borrow{value: FEE}(collateral, debt, borrower);
    }

    function repay(uint256 id) internal {
        network.on(B);
        vm.prank(borrower);
        desk.repay{value: FEE}(id);
    }

    function liquidate(uint256 id) internal {
        vm.prank(liquidator);
        vault.liquidate{value: FEE}(id, funder);
    }

    function position(uint256 id) internal view returns (CollateralVault.State state) {
        (, state,,) = vault.positions(id);
    }

    function loan(uint256 id) internal view returns (LoanDesk.State state) {
        (state,) = desk.loans(id);
    }

    /* ONE LOAN */

    function test_a_loan_is_paid_out_and_paid_back() public {
        uint256 id = borrow(10, 10_000);
        network.deliverAll();
        assertEq(uint8(position(id)), uint8(CollateralVault.State.Open));
        assertEq(money.balanceOf(borrower), MONEY + 10_000);
        assertEq(vault.free(borrower), 90);

        repay(id);
        network.deliverAll();

        assertEq(uint8(position(id)), uint8(CollateralVault.State.Closed));
        assertEq(vault.free(borrower), 100);
        vm.prank(borrower);
        vault.withdraw(100);
        assertEq(gold.balanceOf(borrower), 100);
    }

    function test_lends_half_of_the_value_at_most() public {
        network.on(A);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.TooLittleCollateral.selector, 10_000, 10_001));
        vault.borrow{value: FEE}(10, 10_001, borrower);
    }

    function test_lends_nothing_on_an_old_or_senseless_price() public {
        feed.set(2_000e8, block.timestamp - 1 hours - 1);
        vm.prank(borrower);
        vm.expectRevert();
        vault.borrow{value: FEE}(10, 1, borrower);

        feed.set(0, block.timestamp);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.NoPrice.selector, 0, block.timestamp));
        vault.borrow{value: FEE}(10, 1, borrower);
    }

    function test_a_desk_without_money_frees_the_collateral() public {
        uint256 first = borrow(90, 90_000);
        vm.prank(address(desk));
        money.transfer(funder, MONEY - 50_000);
        network.deliverAll();

        assertEq(uint8(position(first)), uint8(CollateralVault.State.Closed));
        assertEq(uint8(loan(first)), uint8(LoanDesk.State.None));
        assertEq(vault.free(borrower), 100);
    }

    function test_money_that_funds_a_liquidator_is_not_lent() public {
        vm.prank(address(desk));
        money.transfer(borrower, MONEY);
        uint256 id = borrow(10, 1);
        network.deliverAll();

        assertEq(desk.available(), 0);
        assertEq(uint8(loan(id)), uint8(LoanDesk.State.None));
    }

    function test_a_price_fall_liquidates() public {
        uint256 id = borrow(10, 10_000);
        network.deliverAll();
        network.on(A);

        setPrice(1_250); // 80 % of 12,500 is just enough
        vm.expectRevert(abi.encodeWithSelector(CollateralVault.Healthy.selector, id, 12_500, 10_000));
        liquidate(id);

        setPrice(1_249);
        liquidate(id);
        network.deliverAll();

        assertEq(uint8(loan(id)), uint8(LoanDesk.State.PaidOff));
        assertEq(vault.free(liquidator), 10);
        assertEq(desk.funds(funder, liquidator), MONEY - 10_000);
    }

    function test_a_repayment_that_comes_first_beats_the_liquidation() public {
        uint256 id = borrow(10, 10_000);
        network.deliverAll();
        network.on(A);
        setPrice(1_000);
        liquidate(id);
        repay(id);

        network.deliverAll();

        assertEq(vault.free(borrower), 100);
        assertEq(vault.free(liquidator), 0);
        assertEq(desk.funds(funder, liquidator), MONEY);
    }

    function test_a_liquidator_cannot_spend_what_is_set_aside_for_another() public {
        uint256 id = borrow(10, 10_000);
        network.deliverAll();
        network.on(A);
        setPrice(1_000);
        address thief = makeAddr("thief");
        vm.deal(thief, 1 ether);
        vm.prank(thief);
        vault.liquidate{value: FEE}(id, funder);

        network.deliverAll();

        assertEq(uint8(loan(id)), uint8(LoanDesk.State.Active));
        assertEq(desk.funds(funder, liquidator), MONEY);
    }

    function test_a_funder_takes_unused_money_back_and_no_more() public {
        vm.startPrank(funder);
        desk.takeBack(liquidator, MONEY);
        assertEq(money.balanceOf(funder), MONEY);
        vm.expectRevert();
        desk.takeBack(liquidator, 1);
    }

    function test_collateral_is_locked_until_the_desk_has_spoken() public {
        borrow(10, 10_000);

        vm.prank(borrower);
        vm.expectRevert();
        vault.withdraw(91);
    }

    /* ANY ORDER OF EVENTS */

    function testFuzz_collateral_and_loans_agree(bytes calldata script, int24 skew) public {
        network.setSkew(B, int256(skew) % 1 days);
        borrow(10, 10_000);
        borrow(20, 20_000);
        for (uint256 i = 0; i < script.length && i < 64; ++i) {
            _happen(uint8(script[i]));
            _assertCovered();
        }

        _finish();
        _assertCovered();
        for (uint256 id = 1; id <= vault.positionCount(); ++id) {
            bool isOpen = position(id) == CollateralVault.State.Open;
            assertNotEq(uint8(position(id)), uint8(CollateralVault.State.Opening), "undecided");
            assertEq(isOpen, loan(id) == LoanDesk.State.Active, "the chains disagree");
        }
    }

    function _happen(uint8 dice) private {
        uint256 kind = dice % 8;
        uint256 index = uint256(dice) / 8 % network.count();
        uint256 id = uint256(dice) / 8 % vault.positionCount() + 1;
        if (kind < 3) {
            network.deliver(index, kind == 2 ? 500_000 : 0);
        } else if (kind == 3) {
            network.pass(uint256(dice) * 60);
        } else if (kind == 4) {
            network.on(A);
            if (network.parcel(index).source != A) return;
            try vault.cancel{value: FEE}(callOf(index), 400_000, dice < 128 ? 40_000 : 400_000) {} catch {}
        } else if (kind == 5) {
            network.on(B);
            vm.prank(borrower);
            try desk.repay{value: FEE}(id) {} catch {}
        } else if (kind == 6) {
            network.on(A);
            setPrice(dice < 128 ? 1_000 : PRICE);
            vm.prank(liquidator);
            try vault.liquidate{value: FEE}(id, funder) {} catch {}
        } else {
            network.routers(B).setFee(dice < 128 ? FEE : 5 ether);
            if (vault.positionCount() < 4) borrow(10, 5_000 + dice);
        }
    }

    /// @dev At every moment: an active loan has its collateral locked; and no token appears or disappears.
    function _assertCovered() private view {
        uint256 active;
        uint256 lockedFor;
        for (uint256 id = 1; id <= vault.positionCount(); ++id) {
            (, CollateralVault.State state, uint256 collateral, uint256 debt) = vault.positions(id);
            if (loan(id) == LoanDesk.State.Active) {
                assertNotEq(uint8(state), uint8(CollateralVault.State.Closed), "a loan without collateral");
                active += debt;
            }
            if (state != CollateralVault.State.Closed) lockedFor += collateral;
        }
        assertEq(vault.locked(), lockedFor);
        assertEq(gold.balanceOf(address(vault)), lockedFor + vault.free(borrower) + vault.free(liquidator));
        assertEq(money.balanceOf(address(desk)), desk.available() + desk.totalFunds());
        assertEq(money.balanceOf(address(desk)) + money.balanceOf(borrower), 3 * MONEY, "money");
        uint256 fromLiquidations = MONEY - desk.totalFunds();
        assertEq(desk.available() + active, MONEY + fromLiquidations - seized(), "what was lent comes back");
    }

    /// @dev Debts of loans that a liquidator paid: their money is at the desk, what was lent is the borrower's.
    function seized() internal view returns (uint256 debts) {
        for (uint256 id = 1; id <= vault.positionCount(); ++id) {
            (LoanDesk.State state, uint256 debt) = desk.loans(id);
            if (state == LoanDesk.State.PaidOff) debts += debt;
        }
    }

    function _finish() private {
        network.routers(B).setFee(FEE);
        for (uint256 round = 0; round < 3; ++round) {
            network.pass(3 days);
            for (uint256 i = 0; i < network.count(); ++i) {
                network.deliver(i, 1_000_000);
            }
            network.on(A);
            uint256 count = network.count();
            for (uint256 i = 0; i < count; ++i) {
                if (network.parcel(i).source != A) continue;
                try vault.cancel{value: FEE}(callOf(i), 400_000, 400_000) {} catch {}
            }
        }
    }

    function callOf(uint256 index) internal view returns (bytes32 callId) {
        (, callId) = abi.decode(network.parcel(index).data, (uint8, bytes32));
    }

    receive() external payable {}
}
