// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {GasPriceUpdate, PriceUpdates, TokenPriceUpdate} from "../../contracts/types/Report.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract FeeQuoterUpdatePricesTest is SourceChain {
    address internal commitStore = makeAddr("commit store");

    function setUp() public {
        deploySourceChain();
        authorize(commitStore);
    }

    function one(address account) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function authorize(address caller) internal {
        feeQuoter.applyAuthorizedCallerUpdates(IFeeQuoter.AuthorizedCallerArgs(one(caller), new address[](0)));
    }

    function bothPrices() internal view returns (PriceUpdates memory updates) {
        updates.tokenPriceUpdates = new TokenPriceUpdate[](1);
        updates.tokenPriceUpdates[0] = TokenPriceUpdate(address(link), 16e18);
        updates.gasPriceUpdates = new GasPriceUpdate[](1);
        updates.gasPriceUpdates[0] = GasPriceUpdate(OTHER_CHAIN, 5e13);
    }

    /* FAILURES */

    function testFuzz_reverts_for_strangers(address caller) public {
        vm.assume(caller != commitStore && caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.UnauthorizedCaller.selector, caller));
        vm.prank(caller);
        feeQuoter.updatePrices(bothPrices());
    }

    function test_reverts_for_a_removed_updater() public {
        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.AuthorizedCallerRemoved(commitStore);
        feeQuoter.applyAuthorizedCallerUpdates(
            IFeeQuoter.AuthorizedCallerArgs(new address[](0), one(commitStore))
        );

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.UnauthorizedCaller.selector, commitStore));
        vm.prank(commitStore);
        feeQuoter.updatePrices(bothPrices());
    }

    function test_only_the_owner_names_updaters_and_none_is_zero() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        authorize(address(0));

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        feeQuoter.applyAuthorizedCallerUpdates(
            IFeeQuoter.AuthorizedCallerArgs(one(stranger), new address[](0))
        );
    }

    /* WRITING */

    function test_stores_both_kinds_with_the_time() public {
        skip(100);

        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.UsdPerTokenUpdated(address(link), 16e18, block.timestamp);
        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.UsdPerUnitGasUpdated(OTHER_CHAIN, 5e13, block.timestamp);
        vm.prank(commitStore);
        feeQuoter.updatePrices(bothPrices());

        assertEq(feeQuoter.getTokenPrice(address(link)).value, 16e18);
        assertEq(feeQuoter.getTokenPrice(address(link)).timestamp, block.timestamp);
        assertEq(feeQuoter.getDestinationChainGasPrice(OTHER_CHAIN).value, 5e13);
        assertEq(feeQuoter.getDestinationChainGasPrice(OTHER_CHAIN).timestamp, block.timestamp);
    }

    function test_shows_its_updaters() public view {
        assertEq(feeQuoter.getAllAuthorizedCallers(), one(commitStore));
    }

    /* READING */

    function test_reads_many_prices() public view {
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(weth), stranger);

        IFeeQuoter.TimestampedPrice[] memory prices = feeQuoter.getTokenPrices(tokens);
        assertEq(prices[0].value, ETH_PRICE);
        assertEq(prices[1].value, 0);
    }

    function test_reads_a_pair_only_if_both_are_usable() public {
        (uint224 tokenPrice, uint224 gasPrice) = feeQuoter.getTokenAndGasPrices(address(weth), DEST_CHAIN);
        assertEq(tokenPrice, ETH_PRICE);
        assertEq(gasPrice, GAS_PRICE);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.DestinationChainNotEnabled.selector, OTHER_CHAIN));
        feeQuoter.getTokenAndGasPrices(address(weth), OTHER_CHAIN);
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.TokenNotSupported.selector, stranger));
        feeQuoter.getTokenAndGasPrices(stranger, DEST_CHAIN);
        reportGasPrice(0);
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.ChainNotSupported.selector, DEST_CHAIN));
        feeQuoter.getTokenAndGasPrices(address(weth), DEST_CHAIN);
    }

    function test_converts_between_tokens() public view {
        assertEq(feeQuoter.convertTokenAmount(address(weth), 3e18, address(link)), 400e18);
        assertEq(feeQuoter.convertTokenAmount(address(usdc), 30e6, address(link)), 2e18);
        assertEq(feeQuoter.convertTokenAmount(stranger, 7, stranger), 7);
    }
}
