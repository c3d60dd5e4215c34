// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {PriceFeed} from "./mocks/PriceFeed.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract FeeQuoterUpdateTokenPriceFeedsTest is SourceChain {
    PriceFeed internal feed;

    function setUp() public {
        deploySourceChain();
        feed = new PriceFeed(8);
        setFeed(address(link), address(feed), 18);
    }

    function setFeed(address token, address feed_, uint8 tokenDecimals) internal {
        IFeeQuoter.TokenPriceFeedUpdate[] memory updates = new IFeeQuoter.TokenPriceFeedUpdate[](1);
        updates[0] = IFeeQuoter.TokenPriceFeedUpdate(
            token, IFeeQuoter.TokenPriceFeedConfig(feed_, tokenDecimals, true)
        );
        feeQuoter.updateTokenPriceFeeds(updates);
    }

    function goStale() internal {
        skip(PRICE_STALENESS + 1);
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        feeQuoter.updateTokenPriceFeeds(new IFeeQuoter.TokenPriceFeedUpdate[](0));
    }

    function test_reverts_when_an_enabled_feed_is_zero() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        setFeed(address(link), address(0), 18);
    }

    function test_reverts_when_price_and_feed_are_stale() public {
        feed.set(16e8, block.timestamp - 1);
        goStale();

        vm.expectRevert(
            abi.encodeWithSelector(
                IFeeQuoter.StaleTokenPrice.selector, address(link), PRICE_STALENESS, PRICE_STALENESS + 1
            )
        );
        feeQuoter.getValidatedTokenPrice(address(link));
    }

    function test_reverts_when_the_answer_is_not_positive() public {
        goStale();
        feed.set(0, block.timestamp);
        vm.expectRevert(IFeeQuoter.DataFeedValueOutOfUint224Range.selector);
        feeQuoter.getValidatedTokenPrice(address(link));

        feed.set(-1, block.timestamp);
        vm.expectRevert(IFeeQuoter.DataFeedValueOutOfUint224Range.selector);
        feeQuoter.getValidatedTokenPrice(address(link));
    }

    function test_reverts_when_the_answer_does_not_fit() public {
        goStale();
        feed.set(type(int256).max, block.timestamp);

        vm.expectRevert(IFeeQuoter.DataFeedValueOutOfUint224Range.selector);
        feeQuoter.getValidatedTokenPrice(address(link));
    }

    function test_reverts_when_nothing_is_left_of_the_answer() public {
        setFeed(address(link), address(new PriceFeed(255)), 255);
        goStale();
        (address feedAddress) = feeQuoter.getTokenPriceFeedConfig(address(link)).dataFeedAddress;
        PriceFeed(feedAddress).set(1, block.timestamp);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.TokenNotSupported.selector, address(link)));
        feeQuoter.getValidatedTokenPrice(address(link));
    }

    /* STANDING IN */

    function test_a_fresh_price_needs_no_feed() public {
        feed.set(16e8, block.timestamp);

        assertEq(feeQuoter.getValidatedTokenPrice(address(link)), LINK_PRICE);
    }

    function test_a_feed_stands_in_for_a_stale_price() public {
        goStale();
        feed.set(16e8, block.timestamp - 5);

        assertEq(feeQuoter.getValidatedTokenPrice(address(link)), 16e18);
        assertEq(feeQuoter.getTokenPrice(address(link)).timestamp, block.timestamp - 5);
    }

    function test_a_feed_ahead_of_the_clock_counts_as_now() public {
        goStale();
        feed.set(16e8, block.timestamp + 1000);

        assertEq(feeQuoter.getTokenPrice(address(link)).timestamp, block.timestamp);
    }

    function testFuzz_rebases_to_the_unit_of_prices(uint8 tokenDecimals, uint8 feedDecimals) public {
        tokenDecimals = uint8(bound(tokenDecimals, 0, 24));
        feedDecimals = uint8(bound(feedDecimals, 1, 24));
        PriceFeed other = new PriceFeed(feedDecimals);
        setFeed(stranger, address(other), tokenDecimals);
        other.set(int256(3 * 10 ** feedDecimals), block.timestamp); // $3 per whole token

        // USD × 1e18 of 1e18 smallest units
        assertEq(feeQuoter.getValidatedTokenPrice(stranger), 3e18 * 10 ** 18 / 10 ** tokenDecimals);
    }

    function test_a_disabled_feed_does_not_stand_in() public {
        IFeeQuoter.TokenPriceFeedUpdate[] memory updates = new IFeeQuoter.TokenPriceFeedUpdate[](1);
        updates[0].sourceToken = address(link);
        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.PriceFeedPerTokenUpdated(address(link), updates[0].feedConfig);
        feeQuoter.updateTokenPriceFeeds(updates);
        goStale();

        vm.expectRevert();
        feeQuoter.getValidatedTokenPrice(address(link));
    }
}
