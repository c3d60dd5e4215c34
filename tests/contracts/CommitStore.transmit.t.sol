// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitStore} from "../../contracts/CommitStore.sol";
import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {HomeChain} from "../../contracts/libraries/HomeChain.sol";
import {CommitReport, GasPriceUpdate, Interval, TokenPriceUpdate} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";

/// @dev Given a report: who sends it, who signed it, for where, and then what is in it.
contract CommitStoreTransmitTest is DestinationChain {
    uint256 internal constant CURVE_ORDER =
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 internal constant ROOT = keccak256("root");

    function send(bytes memory report, bytes32[3] memory ctx, Signatures memory s) internal {
        vm.prank(vm.addr(committerKeys[0]));
        commitStore.transmit(ctx, report, s.rs, s.ss, s.rawVs);
    }

    function aReport() internal pure returns (bytes memory) {
        return abi.encode(rootReport(ROOT, 1, 10));
    }

    function withPrices(CommitReport memory report, uint224 price)
        internal
        pure
        returns (CommitReport memory)
    {
        report.priceUpdates.tokenPriceUpdates = new TokenPriceUpdate[](1);
        report.priceUpdates.tokenPriceUpdates[0] = TokenPriceUpdate(address(0xabc), price);
        report.priceUpdates.gasPriceUpdates = new GasPriceUpdate[](1);
        report.priceUpdates.gasPriceUpdates[0] = GasPriceUpdate(SOURCE_CHAIN, price / 2);
        return report;
    }

    /* FAILURES: WHO SENDS */

    function test_reverts_before_signers_are_configured() public {
        commitStore = new CommitStore(storeConfig());
        Signatures memory s = sign(aReport(), [bytes32(0), bytes32(0), bytes32(0)], 1);

        vm.expectRevert(IOCRVerifier.ConfigNeverSet.selector);
        commitStore.transmit([bytes32(0), bytes32(0), bytes32(0)], aReport(), s.rs, s.ss, s.rawVs);
    }

    function test_reverts_when_the_sender_is_no_transmitter() public {
        Signatures memory s = sign(aReport(), context(), 3);

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        vm.prank(stranger);
        commitStore.transmit(context(), aReport(), s.rs, s.ss, s.rawVs);
    }

    function test_reverts_when_the_sender_was_a_transmitter_of_an_old_configuration() public {
        address[] memory others = new address[](1);
        others[0] = stranger;
        commitStore.setOCR2Config(committers(), others, F, abi.encode(address(prices)), 1, "");
        Signatures memory s = sign(aReport(), context(), 3);

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        send(aReport(), context(), s);
    }

    function test_reverts_on_a_fork_of_the_chain() public {
        Signatures memory s = sign(aReport(), context(), 3);
        uint256 home = block.chainid;
        vm.chainId(home + 1);

        vm.expectRevert(abi.encodeWithSelector(HomeChain.ForkedChain.selector, home, home + 1));
        send(aReport(), context(), s);
    }

    /* FAILURES: WHAT IS SIGNED */

    function testFuzz_reverts_when_the_calldata_has_another_length(uint8 extra) public {
        vm.assume(extra != 0);
        Signatures memory s = sign(aReport(), context(), 3);
        bytes memory exact = abi.encodeCall(commitStore.transmit, (context(), aReport(), s.rs, s.ss, s.rawVs));
        bytes memory padded = bytes.concat(exact, new bytes(extra));

        vm.prank(vm.addr(committerKeys[0]));
        (bool success, bytes memory err) = address(commitStore).call(padded);

        assertFalse(success);
        assertEq(
            err, abi.encodeWithSelector(IOCRVerifier.WrongMessageLength.selector, exact.length, padded.length)
        );
    }

    function testFuzz_reverts_when_signed_for_another_configuration(bytes32 digest) public {
        vm.assume(digest != configDigest);
        bytes32[3] memory ctx = context();
        ctx[0] = digest;
        Signatures memory s = sign(aReport(), ctx, 3);

        vm.expectRevert(
            abi.encodeWithSelector(IOCRVerifier.ConfigDigestMismatch.selector, configDigest, digest)
        );
        send(aReport(), ctx, s);
    }

    function test_reverts_when_replayed_on_another_contract() public {
        Signatures memory s = sign(aReport(), context(), 3);
        bytes32[3] memory ctx = context();
        commitStore = new CommitStore(storeConfig());
        configure(commitStore);

        vm.expectPartialRevert(IOCRVerifier.ConfigDigestMismatch.selector);
        send(aReport(), ctx, s);
    }

    function test_reverts_when_replayed_after_the_same_configuration_was_set_again() public {
        bytes32[3] memory ctx = context();
        Signatures memory s = sign(aReport(), ctx, 3);
        configure(commitStore);

        vm.expectPartialRevert(IOCRVerifier.ConfigDigestMismatch.selector);
        send(aReport(), ctx, s);
    }

    function test_reverts_when_the_report_the_round_or_the_last_word_was_altered() public {
        Signatures memory s = sign(aReport(), context(), 3);

        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        send(abi.encode(rootReport(ROOT, 1, 11)), context(), s);
        for (uint256 i = 1; i < 3; ++i) {
            bytes32[3] memory ctx = context();
            ctx[i] = bytes32(uint256(ctx[i]) + 1);
            vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
            send(aReport(), ctx, s);
        }
    }

    /* FAILURES: WHO SIGNED */

    function testFuzz_reverts_without_exactly_2f_plus_1_signatures(uint8 count) public {
        count = uint8(bound(count, 0, 4));
        vm.assume(count != 3);
        Signatures memory s = sign(aReport(), context(), count);

        vm.expectRevert(IOCRVerifier.WrongNumberOfSignatures.selector);
        send(aReport(), context(), s);
    }

    function test_reverts_when_halves_of_signatures_are_missing() public {
        Signatures memory s = sign(aReport(), context(), 3);
        s.ss = new bytes32[](2);

        vm.expectRevert(IOCRVerifier.SignaturesOutOfRegistration.selector);
        send(aReport(), context(), s);
    }

    function test_reverts_when_one_signer_signs_twice() public {
        Signatures memory s = sign(aReport(), context(), 3);
        (s.rs[2], s.ss[2]) = (s.rs[0], s.ss[0]);
        bytes memory vs = abi.encodePacked(s.rawVs);
        vs[2] = vs[0];
        s.rawVs = bytes32(vs);

        vm.expectRevert(IOCRVerifier.NonUniqueSignatures.selector);
        send(aReport(), context(), s);
    }

    function testFuzz_reverts_when_a_stranger_signs(uint256 key, uint8 place) public {
        key = bound(key, 1, 2 ** 250);
        place = uint8(bound(place, 0, 2));
        Signatures memory s = sign(aReport(), context(), 3);
        bytes32 digest = keccak256(abi.encodePacked(keccak256(aReport()), context()));
        uint8 v;
        (v, s.rs[place], s.ss[place]) = vm.sign(key, digest);
        bytes memory vs = abi.encodePacked(s.rawVs);
        vs[place] = bytes1(v - 27);
        s.rawVs = bytes32(vs);

        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        send(aReport(), context(), s);
    }

    /// @dev Every signature has a twin with s' = n - s and the other v. It must not pass, alone or beside its twin.
    function testFuzz_reverts_on_a_malleable_signature(uint8 place) public {
        place = uint8(bound(place, 0, 2));
        Signatures memory s = sign(aReport(), context(), 3);
        s.ss[place] = bytes32(CURVE_ORDER - uint256(s.ss[place]));
        bytes memory vs = abi.encodePacked(s.rawVs);
        vs[place] = bytes1(1 - uint8(vs[place]));
        s.rawVs = bytes32(vs);

        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        send(aReport(), context(), s);
    }

    function testFuzz_reverts_on_any_v_but_27_and_28(uint8 rawV) public {
        rawV = uint8(bound(rawV, 2, 255));
        Signatures memory s = sign(aReport(), context(), 3);
        bytes memory vs = abi.encodePacked(s.rawVs);
        vs[1] = bytes1(rawV);
        s.rawVs = bytes32(vs);

        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        send(aReport(), context(), s);
    }

    function test_reverts_when_a_signature_recovers_to_nobody() public {
        Signatures memory s = sign(aReport(), context(), 3);
        (s.rs[1], s.ss[1]) = (bytes32(0), bytes32(0));

        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        send(aReport(), context(), s);
    }

    /* FAILURES: WHAT IS IN IT */

    function test_reverts_while_paused() public {
        commitStore.pause();

        vm.expectRevert(ICommitStore.PausedError.selector);
        this.transmitExternally(rootReport(ROOT, 1, 10));
    }

    function test_reverts_while_the_source_is_cursed() public {
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        this.transmitExternally(rootReport(ROOT, 1, 10));
    }

    function test_reverts_when_the_rmn_does_not_answer() public {
        vm.etch(address(rmn), "");

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        this.transmitExternally(rootReport(ROOT, 1, 10));
    }

    function testFuzz_reverts_unless_the_interval_is_the_next_one(uint64 min, uint64 max) public {
        vm.assume(min != 1 || max < min);

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.InvalidInterval.selector, Interval(min, max)));
        this.transmitExternally(rootReport(ROOT, min, max));
    }

    function test_reverts_when_the_root_is_known_already() public {
        transmit(rootReport(ROOT, 1, 10));

        vm.expectRevert(ICommitStore.RootAlreadyCommitted.selector);
        this.transmitExternally(rootReport(ROOT, 11, 20));
    }

    function test_reverts_when_a_committed_report_is_replayed() public {
        Signatures memory s = sign(aReport(), context(), 3);
        send(aReport(), context(), s);

        vm.expectRevert(abi.encodeWithSelector(ICommitStore.InvalidInterval.selector, Interval(1, 10)));
        send(aReport(), context(), s);
    }

    function test_reverts_when_there_is_neither_a_root_nor_a_price() public {
        vm.expectRevert(ICommitStore.InvalidRoot.selector);
        this.transmitExternally(rootReport(0, 1, 10));
    }

    function test_reverts_when_only_stale_prices_are_in_it() public {
        bytes memory report = abi.encode(withPrices(rootReport(0, 0, 0), 100));
        Signatures memory s = sign(report, context(), 3);
        send(report, context(), s);

        vm.expectRevert(ICommitStore.StaleReport.selector);
        send(report, context(), s);
    }

    function transmitExternally(CommitReport memory report) external {
        transmit(report);
    }

    /* EFFECTS */

    function test_a_root_lands() public {
        CommitReport memory report = rootReport(ROOT, 1, 10);
        bytes memory encoded = abi.encode(report);
        Signatures memory s = sign(encoded, context(), 3);

        vm.expectEmit(address(commitStore));
        emit IOCRVerifier.Transmitted(configDigest, 1);
        vm.expectEmit(address(commitStore));
        emit ICommitStore.ReportAccepted(report);
        send(encoded, context(), s);

        (uint64 committedAt, uint64 min, uint64 max) = commitStore.commitments(ROOT);
        assertEq(committedAt, block.timestamp);
        assertEq(min, 1);
        assertEq(max, 10);
        assertEq(commitStore.getMerkleRoot(ROOT), block.timestamp);
        assertEq(commitStore.getExpectedNextSequenceNumber(), 11);
        assertFalse(commitStore.isBlessed(ROOT));
    }

    /// @dev Whatever intervals arrive, those accepted are contiguous from 1.
    /// forge-config: default.fuzz.runs = 16
    function testFuzz_accepted_intervals_are_contiguous(uint8[16] memory sizes) public {
        uint64 next = 1;
        for (uint64 i = 0; i < sizes.length; ++i) {
            uint64 max = next + sizes[i];
            transmit(rootReport(keccak256(abi.encode(i)), next, max));
            next = max + 1;
            assertEq(commitStore.getExpectedNextSequenceNumber(), next);
        }
    }

    function testFuzz_any_quorum_of_the_signers_will_do(uint8 missing) public {
        missing = uint8(bound(missing, 0, 3));
        uint256 spare = committerKeys[missing];
        committerKeys[missing] = committerKeys[3];
        committerKeys[3] = spare;

        transmit(rootReport(ROOT, 1, 10));

        assertGt(commitStore.getMerkleRoot(ROOT), 0);
    }

    function test_prices_alone_are_passed_on() public {
        transmit(withPrices(rootReport(0, 0, 0), 100));

        assertEq(prices.lastTokenPrice(), 100);
        assertEq(prices.lastGasPrice(), 50);
        assertEq(commitStore.getLatestPriceEpochAndRound(), epochAndRound);
        assertEq(commitStore.getExpectedNextSequenceNumber(), 1);
    }

    function test_a_late_root_lands_without_its_stale_prices() public {
        bytes memory late = abi.encode(withPrices(rootReport(ROOT, 1, 10), 100));
        bytes32[3] memory lateContext = context();
        Signatures memory s = sign(late, lateContext, 3);
        transmit(withPrices(rootReport(0, 0, 0), 200));

        send(late, lateContext, s);

        assertEq(prices.lastTokenPrice(), 200);
        assertEq(prices.updates(), 1);
        assertGt(commitStore.getMerkleRoot(ROOT), 0);
    }

    function test_a_new_configuration_starts_the_price_order_over() public {
        transmit(withPrices(rootReport(0, 0, 0), 100));
        configure(commitStore);
        epochAndRound = 0;

        transmit(withPrices(rootReport(0, 0, 0), 200));

        assertEq(prices.lastTokenPrice(), 200);
    }
}
