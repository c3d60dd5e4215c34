// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitStore} from "../../../contracts/CommitStore.sol";
import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";

/// @notice What every committee that can be configured has in common, for every f: S13.
/// @dev Members one by one, so their number is given: 3f+1 for f = 1, 2, 3, and one more than that.
contract QuorumProof {
    CommitStore private _store;

    function setUp() public {
        _store = new CommitStore(ICommitStore.StaticConfig(1, 2, address(0x1111), address(0x2222)));
    }

    function check_a_committee_of_4(uint8 f) public {
        _check(4, f);
    }

    function check_a_committee_of_5(uint8 f) public {
        _check(5, f);
    }

    function check_a_committee_of_7(uint8 f) public {
        _check(7, f);
    }

    function check_a_committee_of_10(uint8 f) public {
        _check(10, f);
    }

    /// @dev f liars are a minority of any quorum, f absent members prevent none, and any two quorums share somebody honest.
    function _check(uint256 n, uint8 f) private {
        address[] memory oracles = new address[](n);
        for (uint256 i = 0; i < n; ++i) {
            oracles[i] = address(uint160(0x1000 + i));
        }
        try _store.setOCR2Config(oracles, oracles, f, abi.encode(address(0x3333)), 1, "") {
            uint256 quorum = _store.quorum();
            assert(f != 0);
            assert(quorum == 2 * uint256(f) + 1);
            assert(quorum - f > f);
            assert(n - f >= quorum);
            assert(2 * quorum > n + f);
        } catch {
            assert(f == 0 || n != 3 * uint256(f) + 1);
            assert(_store.quorum() == 0);
        }
    }
}
