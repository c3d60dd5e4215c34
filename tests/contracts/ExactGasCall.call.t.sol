// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Test} from "forge-std/Test.sol";

import {ExactGasCall} from "../../contracts/libraries/ExactGasCall.sol";

/// @notice Remembers the gas it got, and answers as it is told.
contract DestGasMeter {
    uint256 public gasSeen;

    function measure() external {
        gasSeen = gasleft();
    }

    function echo(bytes calldata data) external pure {
        bytes memory answer = data;
        assembly {
            return(add(answer, 32), mload(answer))
        }
    }

    function fail(bytes calldata data) external pure {
        bytes memory answer = data;
        assembly {
            revert(add(answer, 32), mload(answer))
        }
    }

    function bomb(uint256 size) external pure {
        assembly {
            revert(0, size)
        }
    }
}

contract ExactGasCallCallTest is Test {
    uint256 internal constant CHECK_GAS = 5_000;
    DestGasMeter internal target = new DestGasMeter();

    function exact(address to, bytes memory payload, uint256 gasLimit, uint16 maxBytes)
        external
        returns (bool, bytes memory, uint256)
    {
        return ExactGasCall.call(to, payload, gasLimit, CHECK_GAS, maxBytes);
    }

    /// @dev The plain twin: what the library does when gas is plenty, written without assembly.
    function plain(address to, bytes memory payload, uint256 gasLimit, uint16 maxBytes)
        external
        returns (bool success, bytes memory answer)
    {
        (success, answer) = to.call{gas: gasLimit}(payload);
        if (answer.length <= maxBytes) return (success, answer);
        bytes memory cut = new bytes(maxBytes);
        for (uint256 i = 0; i < maxBytes; ++i) {
            cut[i] = answer[i];
        }
        return (success, cut);
    }

    /* FAILURES */

    function test_reverts_when_there_is_no_code() public {
        vm.expectRevert(ExactGasCall.NoContract.selector);
        this.exact(makeAddr("nobody"), "", 1000, 100);
    }

    function test_reverts_when_there_is_no_gas_to_check_with() public {
        bytes memory payload = abi.encodeCall(target.measure, ());

        vm.expectRevert(ExactGasCall.NoGasForCallExactCheck.selector);
        this.exact{gas: 8_000}(address(target), payload, 1000, 100);
    }

    function test_reverts_when_the_gas_is_not_there() public {
        bytes memory payload = abi.encodeCall(target.measure, ());

        vm.expectRevert(ExactGasCall.NotEnoughGasForCall.selector);
        this.exact{gas: 100_000}(address(target), payload, 95_000, 100);
    }

    /// @dev For any gas supplied: the call is not made at all, or is made with exactly what was promised.
    function testFuzz_the_target_gets_its_gas_or_is_not_called(uint256 supplied, uint256 limit) public {
        limit = bound(limit, 30_000, 400_000);
        supplied = bound(supplied, 20_000, 600_000);
        bytes memory payload = abi.encodeCall(target.measure, ());
        uint256 before = target.gasSeen();

        try this.exact{gas: supplied}(address(target), payload, limit, 100) returns (
            bool success, bytes memory, uint256
        ) {
            assertTrue(success);
            assertApproxEqAbs(target.gasSeen(), limit, 300); // dispatch costs a little before it looks
        } catch {
            assertEq(target.gasSeen(), before);
        }
    }

    /* EFFECTS */

    function testFuzz_answers_and_errors_are_those_of_the_plain_twin(
        bytes memory data,
        bool fails,
        uint16 cap
    ) public {
        bytes memory payload =
            fails ? abi.encodeCall(target.fail, (data)) : abi.encodeCall(target.echo, (data));

        (bool success, bytes memory answer,) = this.exact(address(target), payload, 1_000_000, cap);
        (bool plainSuccess, bytes memory plainAnswer) = this.plain(address(target), payload, 1_000_000, cap);

        assertEq(success, plainSuccess);
        assertEq(success, !fails);
        assertEq(answer, plainAnswer);
    }

    function test_a_huge_error_is_cut_and_its_cost_is_the_targets() public {
        bytes memory payload = abi.encodeCall(target.bomb, (400_000));
        uint256 before = gasleft();

        (bool success, bytes memory answer, uint256 gasUsed) =
            this.exact(address(target), payload, 1_000_000, 132);

        assertFalse(success);
        assertEq(answer.length, 132);
        assertLt(before - gasleft(), gasUsed + 30_000);
        assertLe(gasUsed, 1_001_000);
    }

    function test_gas_used_is_what_the_target_took() public {
        (,, uint256 gasUsed) = this.exact(address(target), abi.encodeCall(target.measure, ()), 100_000, 0);

        assertGt(gasUsed, 20_000);
        assertLt(gasUsed, 30_000);
    }
}
