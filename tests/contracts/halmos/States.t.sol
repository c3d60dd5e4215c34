// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OffRamp} from "../../../contracts/OffRamp.sol";
import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {ExactGasCall} from "../../../contracts/libraries/ExactGasCall.sol";
import {MessageHasher} from "../../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../../contracts/types/Message.sol";
import {ExecutionReport, GasLimitOverride} from "../../../contracts/types/Report.sol";

interface Storage {
    function store(address target, bytes32 slot, bytes32 value) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function assume(bool condition) external pure;
}

/// @notice Everything an OffRamp asks others, answered in the most permissive way; a delivery may fail.
contract World {
    bool public succeeds;

    function decide(bool succeeds_) external {
        succeeds = succeeds_;
    }

    function getStaticConfig() external pure returns (ICommitStore.StaticConfig memory) {
        return ICommitStore.StaticConfig(2, 1, address(0x1111), address(0x2222));
    }

    function latestConfigDetails() external pure returns (uint32, uint32, bytes32) {
        return (0, 0, 0);
    }

    function verify(bytes32[] calldata, bytes32[] calldata, uint256) external pure returns (uint256) {
        return 1;
    }

    function isCursed(bytes16) external pure returns (bool) {
        return false;
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id != 0xffffffff;
    }

    function routeMessage(Client.Any2EVMMessage calldata, uint16, uint256, address)
        external
        view
        returns (bool, bytes memory, uint256)
    {
        return (succeeds, "", 0);
    }
}

/// @notice One step of the states of messages, from every state, for each of the 128 numbers of a word, whatever the
/// receiver does: S2, S11.
contract StatesProof {
    Storage private constant VM = Storage(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant UNTOUCHED = uint256(MessageExecutionState.UNTOUCHED);
    uint256 private constant SUCCESS = uint256(MessageExecutionState.SUCCESS);
    uint256 private constant FAILURE = uint256(MessageExecutionState.FAILURE);

    World private _world;
    OffRamp private _offRamp;
    uint256 private _statesSlot;

    function setUp() public {
        _world = new World();
        address world = address(_world);
        _offRamp = new OffRamp(
            IOffRamp.StaticConfig(world, 2, 1, address(0x1111), address(0), world, world),
            IOffRamp.DynamicConfig(0, 1_000, 1, world, world)
        );
        address[] memory executors = new address[](1);
        executors[0] = address(this);
        _offRamp.setExecutors(new address[](0), executors);
        _statesSlot = _findStates();
    }

    /// @dev The mapping of states, wherever the contract keeps it: executes number 0 and looks which word changed.
    function _findStates() private returns (uint256) {
        _world.decide(true);
        _offRamp.execute(_report(0));
        for (uint256 slot = 0; slot < 20; ++slot) {
            bytes32 place = keccak256(abi.encode(uint256(0), slot));
            if (uint256(VM.load(address(_offRamp), place)) == SUCCESS) return slot;
        }
        revert("no states");
    }

    function check_execute(uint256 word, uint8 number, bool succeeds) public {
        uint256 before = _place(word, number, succeeds);
        _offRamp.execute(_report(number));

        uint256 afterwards = _stateIn(_word(), number);
        if (before == UNTOUCHED) assert(afterwards == (succeeds ? SUCCESS : FAILURE));
        else assert(afterwards == before);
        _checkOthers(word, number);
    }

    function check_manuallyExecute(uint256 word, uint8 number, bool succeeds) public {
        uint256 before = _place(word, number, succeeds);
        GasLimitOverride[] memory overrides = new GasLimitOverride[](1);
        overrides[0].tokenGasOverrides = new uint32[](0);
        try _offRamp.manuallyExecute(_report(number), overrides) {
            uint256 afterwards = _stateIn(_word(), number);
            if (before == SUCCESS) assert(afterwards == SUCCESS);
            else assert(afterwards == (succeeds ? SUCCESS : FAILURE));
            assert(before != FAILURE || afterwards == SUCCESS);
        } catch (bytes memory err) {
            bool failedAgain = bytes4(err) == IOffRamp.ExecutionError.selector;
            if (failedAgain) assert(before == FAILURE && !succeeds);
            else assert(_saysThatGasIsShort(bytes4(err)));
            assert(_stateIn(_word(), number) == before);
        }
        _checkOthers(word, number);
    }

    /// @dev Any word of states that can be: none is IN_PROGRESS between transactions.
    function _place(uint256 word, uint8 number, bool succeeds) private returns (uint256 before) {
        VM.assume(number < 128);
        before = _stateIn(word, number);
        VM.assume(before != uint256(MessageExecutionState.IN_PROGRESS));
        VM.store(address(_offRamp), keccak256(abi.encode(uint256(0), _statesSlot)), bytes32(word));
        _world.decide(succeeds);
    }

    /// @dev How much gas there is is for the solver to choose: short gas refuses, and decides nothing.
    function _saysThatGasIsShort(bytes4 selector) private pure returns (bool) {
        return selector == ExactGasCall.NotEnoughGasForCall.selector
            || selector == ExactGasCall.NoGasForCallExactCheck.selector;
    }

    function _word() private view returns (uint256) {
        return uint256(VM.load(address(_offRamp), keccak256(abi.encode(uint256(0), _statesSlot))));
    }

    function _stateIn(uint256 word, uint8 number) private pure returns (uint256) {
        return (word >> (2 * uint256(number))) & 3;
    }

    function _checkOthers(uint256 word, uint8 number) private view {
        uint256 mask = ~(uint256(3) << (2 * uint256(number)));
        assert(_word() & mask == word & mask);
    }

    function _report(uint64 number) private view returns (ExecutionReport memory report) {
        report.messages = new EVM2EVMMessage[](1);
        EVM2EVMMessage memory message = report.messages[0];
        message.sourceChainSelector = 1;
        message.receiver = address(_world);
        message.sequenceNumber = number;
        message.gasLimit = 1;
        message.tokenAmounts = new Client.EVMTokenAmount[](0);
        message.sourceTokenData = new bytes[](0);
        message.messageId = MessageHasher.leaf(message, MessageHasher.metadataHash(1, 2, address(0x1111)));
        report.offchainTokenData = new bytes[][](1);
        report.offchainTokenData[0] = new bytes[](0);
        report.proofs = new bytes32[](0);
    }
}
