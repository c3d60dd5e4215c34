// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICrossChainApp, Outcome} from "../../../contracts/apps/ICrossChainApp.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {Courier} from "../../../examples/storefront/contracts/Courier.sol";
import {Till} from "../../../examples/storefront/contracts/Till.sol";
import {Warehouse} from "../../../examples/storefront/contracts/Warehouse.sol";
import {LocalNetwork, LocalRouter} from "./LocalNetwork.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The example `storefront`: pay on C, stock on A, delivery on B, or a full refund on C. Never both, never
/// neither, whatever is late, fails, or overtakes what else.
contract StorefrontTest is Test {
    uint64 internal constant A = 7759470850252068959;
    uint64 internal constant B = 3379446385462418246;
    uint64 internal constant C = 12922642891491394802;
    uint256 internal constant ITEM = 7;
    uint256 internal constant PRICE = 100;
    uint256 internal constant STOCK = 3;
    uint32 internal constant TIMEOUT = 1 hours;
    uint256 internal constant FEE = 0.001 ether;

    LocalNetwork internal network;
    Till internal till;
    Warehouse internal warehouse;
    Courier internal courier;
    BurnMintERC20 internal money;
    address internal customer = makeAddr("customer");
    address internal recipient = makeAddr("recipient");
    address internal merchant = makeAddr("merchant");

    function setUp() public {
        vm.warp(1_700_000_000);
        network = new LocalNetwork();
        network.setOverhead(1_000_000);
        warehouse = Warehouse(deploy("Warehouse", abi.encode(network.addChain(A))));
        courier = Courier(deploy("Courier", abi.encode(network.addChain(B))));
        money = new BurnMintERC20("Money", "MON", 18);
        till = Till(deploy("Till", abi.encode(network.addChain(C), money, merchant, A, B, TIMEOUT)));
        till.setPeer(A, address(warehouse));
        till.setPeer(B, address(courier));
        warehouse.setPeer(C, address(till));
        courier.setPeer(C, address(till));
        till.setPrice(ITEM, PRICE);
        warehouse.add(ITEM, STOCK);
        vm.deal(address(warehouse), 1 ether);
        vm.deal(address(courier), 1 ether);
        vm.deal(customer, 1 ether);
        money.grantMintAndBurnRoles(address(this));
        money.mint(customer, 10 * PRICE);
        vm.prank(customer);
        money.approve(address(till), type(uint256).max);
    }

    /// @dev By name: forge rebuilds a test for a change in `contracts/`, not for one in `examples/`.
    function deploy(string memory name, bytes memory arguments) internal returns (address payable) {
        return
            payable(deployCode(
                    string.concat("examples/storefront/contracts/", name, ".sol:", name), arguments
                ));
    }

    function buy() internal returns (uint256 orderId) {
        network.on(C);
        uint256 fees = till.quote();
        vm.prank(customer);
        return till.buy{value: fees}(ITEM, recipient);
    }

    function state(uint256 orderId) internal view returns (Till.State it) {
        (,,,, it) = till.orders(orderId);
    }

    function assertState(uint256 orderId, Till.State expected) internal view {
        assertEq(uint8(state(orderId)), uint8(expected));
    }

    /* ONE ORDER */

    function test_an_order_is_delivered_and_paid() public {
        uint256 orderId = buy();
        assertEq(money.balanceOf(address(till)), PRICE);

        network.deliverAll();

        assertState(orderId, Till.State.Sold);
        assertEq(courier.ownerOf(orderId), recipient);
        assertEq(courier.itemOf(orderId), ITEM);
        assertEq(money.balanceOf(merchant), PRICE);
        assertEq(warehouse.stock(ITEM), STOCK - 1);
    }

    function test_without_stock_the_customer_gets_all_back() public {
        for (uint256 i = 0; i < STOCK; ++i) {
            buy();
        }
        uint256 orderId = buy();

        network.deliverAll();

        assertState(orderId, Till.State.Refunded);
        assertEq(money.balanceOf(customer), (10 - STOCK) * PRICE);
        assertFalse(courier.exists(orderId));
    }

    function test_without_delivery_the_customer_gets_all_back_and_the_goods_return() public {
        courier.setOnStrike(true);
        uint256 orderId = buy();

        network.deliverAll();

        assertState(orderId, Till.State.Refunded);
        assertEq(money.balanceOf(customer), 10 * PRICE);
        assertEq(warehouse.stock(ITEM), STOCK);
    }

    function test_a_delivery_that_is_lost_is_cancelled_and_then_refunded() public {
        uint256 orderId = buy();
        network.deliver(0);
        network.deliver(1); // message 2 asks for the delivery, and does not arrive
        network.pass(TIMEOUT + 1);
        network.on(C);
        bytes32 callId = callOf(2);
        till.cancel{value: FEE}(callId, 400_000, 700_000);
        assertState(orderId, Till.State.Delivering);
        assertEq(money.balanceOf(customer), 9 * PRICE, "refunded before the courier agreed");

        network.deliver(3);
        network.deliver(4);

        assertState(orderId, Till.State.Releasing);
        assertEq(money.balanceOf(customer), 10 * PRICE);
        network.deliverAll();
        assertFalse(courier.exists(orderId));
        assertState(orderId, Till.State.Refunded);
    }

    function test_a_delivery_that_beats_the_cancellation_is_paid() public {
        uint256 orderId = buy();
        network.deliver(0);
        network.deliver(1);
        network.deliver(2); // delivered; the reply, 3, is late
        network.pass(TIMEOUT + 1);
        network.on(C);
        till.cancel{value: FEE}(callOf(2), 400_000, 700_000);

        network.deliver(4);
        network.deliver(5);

        assertState(orderId, Till.State.Sold);
        network.deliverAll();
        assertEq(money.balanceOf(merchant), PRICE);
    }

    function test_all_messages_of_an_order_are_paid_in_advance() public {
        uint256 fees = till.quote();
        assertEq(fees, 3 * FEE);
        vm.prank(customer);
        vm.expectRevert(abi.encodeWithSelector(Till.MessagesNotCovered.selector, fees, fees - 1));
        till.buy{value: fees - 1}(ITEM, recipient);

        vm.prank(customer);
        till.buy{value: fees + 5}(ITEM, recipient);
        assertEq(customer.balance, 1 ether - fees);
    }

    function test_nothing_without_a_price_is_sold() public {
        vm.expectRevert(abi.encodeWithSelector(Till.NotForSale.selector, 8));
        till.buy(8, recipient);
    }

    function test_only_goods_of_a_refunded_order_go_back() public {
        uint256 orderId = buy();
        network.deliverAll();

        vm.expectRevert(abi.encodeWithSelector(Till.NothingToRelease.selector, orderId));
        till.releaseAgain{value: FEE}(orderId);
    }

    /* ANY ORDER OF EVENTS */

    function testFuzz_never_both_never_neither(bytes calldata script, int24 skewA, int24 skewB) public {
        network.setSkew(A, int256(skewA) % 1 days);
        network.setSkew(B, int256(skewB) % 1 days);
        buy();
        for (uint256 i = 0; i < script.length && i < 64; ++i) {
            _happen(uint8(script[i]));
            _assertNeverBoth();
        }

        _finish();

        uint256 sold;
        for (uint256 id = 1; id <= till.orderCount(); ++id) {
            bool isSold = state(id) == Till.State.Sold;
            assertTrue(isSold || state(id) == Till.State.Refunded, "neither");
            assertEq(courier.exists(id), isSold, "delivered, and only then paid");
            if (isSold) ++sold;
        }
        assertEq(money.balanceOf(merchant), sold * PRICE);
        assertEq(money.balanceOf(customer), (10 - sold) * PRICE);
        assertEq(warehouse.stock(ITEM), STOCK - sold);
    }

    function _happen(uint8 dice) private {
        uint256 kind = dice % 8;
        uint256 index = uint256(dice) / 8 % network.count();
        if (kind < 4) {
            network.deliver(index, kind == 3 ? 500_000 : 0);
        } else if (kind == 4) {
            network.pass(uint256(dice) * 60);
        } else if (kind == 5) {
            network.on(C);
            if (network.parcel(index).source != C) return;
            try till.cancel{value: FEE}(callOf(index), 400_000, dice < 128 ? 40_000 : 700_000) {} catch {}
        } else if (kind == 6) {
            courier.setOnStrike(dice >= 128);
            network.routers(B).setFee(dice % 64 < 32 ? FEE : 5 ether);
            network.routers(C).setFee(dice % 128 < 64 ? FEE : 5 ether);
        } else if (till.orderCount() < 5 && till.quote() < 0.1 ether) {
            buy();
        }
    }

    /// @dev At every moment: what is delivered is not refunded, what is refunded is not and will not be delivered, and
    /// the till holds exactly the money of the orders that are not decided.
    function _assertNeverBoth() private view {
        uint256 escrow;
        for (uint256 id = 1; id <= till.orderCount(); ++id) {
            Till.State it = state(id);
            if (it == Till.State.Sold) assertTrue(courier.exists(id), "paid, not delivered");
            if (it == Till.State.Releasing || it == Till.State.Refunded) {
                assertFalse(courier.exists(id), "refunded and delivered");
            }
            if (it == Till.State.Reserving || it == Till.State.Delivering) escrow += PRICE;
        }
        assertEq(money.balanceOf(address(till)), escrow, "escrow");
    }

    /// @dev Good weather again, and somebody who cares: failed messages are executed by hand, overdue calls cancelled.
    function _finish() private {
        network.routers(B).setFee(FEE);
        network.routers(C).setFee(FEE);
        vm.deal(address(till), 1 ether);
        for (uint256 round = 0; round < 4; ++round) {
            network.pass(3 days);
            for (uint256 i = 0; i < network.count(); ++i) {
                network.deliver(i, 1_000_000);
            }
            _cancelAll();
        }
    }

    function _cancelAll() private {
        network.on(C);
        uint256 count = network.count();
        for (uint256 i = 0; i < count; ++i) {
            if (network.parcel(i).source != C) continue;
            try till.cancel{value: FEE}(callOf(i), 400_000, 700_000) {} catch {}
        }
    }

    function callOf(uint256 index) internal view returns (bytes32 callId) {
        (, callId) = abi.decode(network.parcel(index).data, (uint8, bytes32));
    }

    receive() external payable {}
}
