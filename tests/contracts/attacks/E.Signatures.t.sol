// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitStore} from "../../../contracts/CommitStore.sol";
import {RMN} from "../../../contracts/RMN.sol";
import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../../contracts/interfaces/IOCRVerifier.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {ExecutionReport} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";

/// @notice Group E: signatures and the configurations they count under.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract SignatureAttacksTest is TwoChains {
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    bytes private _report;
    bytes32[3] private _context;

    function setUp() public override {
        super.setUp();
        _report = abi.encode(rootReport("root", 1, 1));
        _context = contextOf(out);
    }

    // INV-COMMIT-1
    function testFuzz_E1_only_a_quorum_of_distinct_signers_counts(uint8 place, uint256 key) public {
        uint256[] memory keys = quorumKeys();
        uint256[] memory few = new uint256[](F + 1);
        (few[0], few[1]) = (keys[0], keys[1]);
        _refused(sign(_report, _context, few), IOCRVerifier.WrongNumberOfSignatures.selector);

        place = place % uint8(keys.length);
        uint256 honest = keys[place];
        keys[place] = keys[(place + 1) % keys.length];
        _refused(sign(_report, _context, keys), IOCRVerifier.NonUniqueSignatures.selector);

        keys[place] = bound(key, 1, CURVE_ORDER - 1);
        vm.assume(keys[place] != committerKeys[3] && keys[place] != honest);
        _refused(sign(_report, _context, keys), IOCRVerifier.UnauthorizedSigner.selector);

        keys[place] = honest;
        Signatures memory signed = sign(_report, _context, keys);
        signed.rs[place] = 0; // recovers to the zero address
        _refused(signed, IOCRVerifier.UnauthorizedSigner.selector);
    }

    // INV-COMMIT-2
    function testFuzz_E2_a_signature_has_one_encoding(uint8 place, uint8 v) public {
        Signatures memory signed = sign(_report, _context, quorumKeys());
        place = place % uint8(signed.rs.length);
        bytes32 s = signed.ss[place];
        bytes32 rawVs = signed.rawVs;
        signed.ss[place] = bytes32(CURVE_ORDER - uint256(s));
        signed.rawVs = rawVs ^ bytes32(uint256(1) << (248 - 8 * uint256(place)));
        _refused(signed, IOCRVerifier.UnauthorizedSigner.selector);

        signed.ss[place] = s;
        v = uint8(bound(v, 2, 255));
        uint256 shift = 248 - 8 * uint256(place);
        signed.rawVs = bytes32((uint256(rawVs) & ~(uint256(0xff) << shift)) | (uint256(v) << shift));
        _refused(signed, IOCRVerifier.UnauthorizedSigner.selector);

        signed.rawVs = rawVs;
        transmitSigned(out, _report, _context, signed);
    }

    // INV-COMMIT-3
    /// @dev The same signers everywhere: on the other chain, on another store, on an RMN, and after a new count.
    function test_E3_a_signature_counts_in_one_place() public {
        Signatures memory signed = sign(_report, _context, quorumKeys());
        Lane memory second = openLane(HERE, THERE, address(out.onRamp), address(out.offRamp));
        Lane[2] memory others = [back, second];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 digest = contextOf(others[i])[0];
            vm.expectRevert(
                abi.encodeWithSelector(IOCRVerifier.ConfigDigestMismatch.selector, digest, _context[0])
            );
            transmitSigned(others[i], _report, _context, signed);
            bytes32[3] memory theirs = [digest, _context[1], _context[2]];
            vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
            transmitSigned(others[i], _report, theirs, signed);
        }
        bytes32[3] memory later = [_context[0], bytes32(uint256(epochAndRound) + 1), _context[2]];
        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        transmitSigned(out, _report, later, signed);
        transmitSigned(out, _report, _context, signed);
    }

    // INV-COMMIT-1, INV-BLESS-1
    function testFuzz_E4_no_configuration_is_weaker_than_it_looks(uint8 n, uint8 f) public {
        f = uint8(bound(f, 0, 12));
        n = uint8(bound(n, f == 0 ? 0 : 3 * f - 2, 3 * f + 4));
        address[] memory set = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            set[i] = address(uint160(0x1000 + i));
        }
        CommitStore store = out.commitStore;
        bytes memory onchain = abi.encode(address(chains[THERE].feeQuoter));
        enter(THERE);
        bool sound = f != 0 && n == 3 * uint256(f) + 1 && n <= 31;
        if (!sound) vm.expectRevert();
        store.setOCR2Config(set, set, f, onchain, 1, "");
        if (!sound) return;

        assertEq(store.quorum(), 2 * uint256(f) + 1);
        set[n - 1] = set[0];
        vm.expectRevert();
        store.setOCR2Config(set, set, f, onchain, 1, "");
        set[n - 1] = address(0);
        vm.expectRevert(IOCRVerifier.OracleCannotBeZeroAddress.selector);
        store.setOCR2Config(set, set, f, onchain, 1, "");
    }

    // INV-COMMIT-1, INV-BLESS-1
    function testFuzz_E4_no_set_of_monitors_is_weaker_than_it_looks(uint8 n, uint8 b, uint8 c) public {
        n = uint8(bound(n, 0, 20));
        IRMN.Monitor[] memory set = new IRMN.Monitor[](n);
        for (uint256 i = 0; i < n; ++i) {
            set[i] = IRMN.Monitor(address(uint160(0x1000 + i)), address(uint160(0x2000 + i)));
        }
        RMN rmn = enter(THERE).rmn;
        bool sound = n != 0 && n <= 16 && b != 0 && b <= n && c != 0 && c <= n;
        if (!sound) vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(set, b, c);
        if (!sound) return;

        set[n - 1].curseKey = set[0].blessKey;
        vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(set, b, c);
    }

    // INV-COMMIT-4
    function test_E5_what_was_never_configured_accepts_nothing() public {
        enter(THERE);
        CommitStore store = new CommitStore(
            ICommitStore.StaticConfig(THERE, HERE, address(out.onRamp), address(chains[THERE].proxy))
        );
        bytes32[3] memory context = [bytes32(0), bytes32(uint256(256)), bytes32(0)];
        vm.expectRevert(IOCRVerifier.ConfigNeverSet.selector);
        store.transmit(context, _report, new bytes32[](0), new bytes32[](0), 0);
        assertEq(store.quorum(), 0);

        RMN rmn = new RMN(guardian);
        IRMN.Blessing memory blessing =
            IRMN.Blessing(address(out.commitStore), HERE, address(out.onRamp), 1, 1, "root", 0);
        vm.expectRevert(IRMN.ConfigNotSet.selector);
        rmn.bless(blessing, new IRMN.Signature[](0));
        assertFalse(
            rmn.isRootBlessed(address(out.commitStore), HERE, address(out.onRamp), 1, 1, bytes32("root"))
        );
        IRMN.CurseVote memory vote = IRMN.CurseVote(GLOBAL, 0, uint64(block.timestamp), "");
        vm.expectRevert(IRMN.ConfigNotSet.selector);
        rmn.voteToCurse(vote, IRMN.Signature(0, 0));
    }

    function test_E6_an_old_configuration_signs_nothing_and_its_roots_stay() public {
        EVM2EVMMessage memory message = send(out, aMessage(out));
        ExecutionReport memory report = deliver(out, message);
        bytes memory next = abi.encode(rootReport("next", 2, 2));
        bytes32[3] memory context = contextOf(out);
        Signatures memory signed = sign(next, context, quorumKeys());
        configure(out, committers()); // the same keys, anew: what they signed before counts no more
        _refusedForItsConfiguration(next, context, signed);
        address[] memory successors = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            successors[i] = vm.addr(keyOf("successor", i));
        }
        successors[3] = vm.addr(committerKeys[0]); // stays, so that it may still send
        configure(out, successors);

        _refusedForItsConfiguration(next, context, signed);
        context = contextOf(out);
        signed = sign(next, context, quorumKeys());
        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        transmitSigned(out, next, context, signed);
        execute(out, report);
        assertExecuted(out, 1);
    }

    function testFuzz_E7_only_transmitters_send_reports(address caller) public {
        vm.assume(caller != vm.addr(committerKeys[0]) && caller != vm.addr(committerKeys[1]));
        vm.assume(caller != vm.addr(committerKeys[2]) && caller != vm.addr(committerKeys[3]));
        Signatures memory s = sign(_report, _context, quorumKeys());
        enter(THERE);

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        vm.prank(caller);
        out.commitStore.transmit(_context, _report, s.rs, s.ss, s.rawVs);
    }

    function testFuzz_E8_nothing_rides_along_with_a_report(bytes memory tail) public {
        vm.assume(tail.length != 0);
        Signatures memory s = sign(_report, _context, quorumKeys());
        bytes memory call_ =
            abi.encodeCall(out.commitStore.transmit, (_context, _report, s.rs, s.ss, s.rawVs));
        enter(THERE);

        vm.prank(vm.addr(committerKeys[0]));
        (bool success, bytes memory refusal) = address(out.commitStore).call(bytes.concat(call_, tail));
        assertFalse(success);
        assertEq(
            refusal,
            abi.encodeWithSelector(
                IOCRVerifier.WrongMessageLength.selector, call_.length, call_.length + tail.length
            )
        );
        vm.prank(vm.addr(committerKeys[0]));
        (success,) = address(out.commitStore).call(call_);
        assertTrue(success);
    }

    /// @dev Every role of a key that was rotated out: it signs, sends, blesses, curses and executes nothing.
    function test_E10_a_rotated_key_keeps_no_role() public {
        IRMN.Monitor[] memory successors = monitors();
        successors[0] = IRMN.Monitor(vm.addr(keyOf("next bless", 0)), vm.addr(keyOf("next curse", 0)));
        address[] memory oracles = committers();
        oracles[0] = vm.addr(keyOf("next committer", 0));
        ExecutionReport memory report = deliver(out, send(out, aMessage(out)));
        configure(out, oracles);
        RMN rmn = enter(THERE).rmn;
        rmn.setMonitors(successors, BLESS_THRESHOLD, CURSE_THRESHOLD);
        address[] memory executors = new address[](1);
        executors[0] = executor;
        out.offRamp.setExecutors(executors, new address[](0));

        _context = contextOf(out);
        Signatures memory s = sign(_report, _context, quorumKeys());
        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        transmitSigned(out, _report, _context, s);
        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        vm.prank(vm.addr(committerKeys[1]));
        out.commitStore.transmit(_context, _report, s.rs, s.ss, s.rawVs);

        IRMN.Blessing memory blessing =
            IRMN.Blessing(address(out.commitStore), HERE, address(out.onRamp), 2, 2, "root", 0);
        IRMN.Signature[] memory blessings = votes(THERE, blessing, 1);
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(blessKeys[0])));
        rmn.bless(blessing, blessings);
        IRMN.CurseVote memory vote = aCurseVote(THERE, GLOBAL, 0);
        IRMN.Signature memory signature = compact(curseKeys[0], rmn.curseDigest(vote));
        vm.expectRevert(abi.encodeWithSelector(IRMN.NotAMonitor.selector, vm.addr(curseKeys[0])));
        rmn.voteToCurse(vote, signature);
        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        execute(out, report);
    }

    // INV-COMMIT-3
    /// @dev What lands is what was signed, to the bit: any other bytes were signed by nobody.
    function testFuzz_E11_what_is_used_is_what_was_signed(uint16 place, uint8 bits) public {
        vm.assume(bits != 0);
        Signatures memory signed = sign(_report, _context, quorumKeys());
        bytes memory altered = _report;
        altered[place % altered.length] ^= bytes1(bits);
        _refused(signed, altered);

        vm.expectEmit(address(out.commitStore));
        emit IOCRVerifier.Transmitted(_context[0], uint32(uint256(_context[1]) >> 8));
        transmitSigned(out, _report, _context, signed);
        (uint64 committedAt, uint64 min, uint64 max) = out.commitStore.commitments("root");
        assertEq(committedAt, block.timestamp);
        assertEq(min, 1);
        assertEq(max, 1);
        assertEq(out.commitStore.getMerkleRoot("root"), block.timestamp);
    }

    function _refusedForItsConfiguration(
        bytes memory report,
        bytes32[3] memory context,
        Signatures memory signed
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(IOCRVerifier.ConfigDigestMismatch.selector, contextOf(out)[0], context[0])
        );
        transmitSigned(out, report, context, signed);
    }

    function _refused(Signatures memory signed, bytes4 refusal) private {
        vm.expectRevert(refusal);
        transmitSigned(out, _report, _context, signed);
        assertEq(out.commitStore.getExpectedNextSequenceNumber(), 1);
    }

    function _refused(Signatures memory signed, bytes memory report) private {
        vm.expectRevert(IOCRVerifier.UnauthorizedSigner.selector);
        transmitSigned(out, report, _context, signed);
        assertEq(out.commitStore.getExpectedNextSequenceNumber(), 1);
    }
}
