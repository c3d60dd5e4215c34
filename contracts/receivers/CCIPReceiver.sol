// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAny2EVMMessageReceiver} from "../interfaces/IAny2EVMMessageReceiver.sol";
import {Client} from "../types/Client.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title CCIPReceiver
/// @notice Base of contracts that receive messages: write `_ccipReceive`.
/// @dev The Router is checked here. Where the message comes from is not: check `sourceChainSelector` and
/// `sender` in `_ccipReceive`, or anybody on any chain can speak to your contract.
abstract contract CCIPReceiver is IAny2EVMMessageReceiver, IERC165 {
    address internal immutable _router;

    /// @notice The caller is not the Router, or the Router of a new receiver is zero.
    error InvalidRouter(address router);

    modifier onlyRouter() {
        require(msg.sender == _router, InvalidRouter(msg.sender));
        _;
    }

    constructor(address router) {
        require(router != address(0), InvalidRouter(router));
        _router = router;
    }

    /// @inheritdoc IAny2EVMMessageReceiver
    function ccipReceive(Client.Any2EVMMessage calldata message) external virtual onlyRouter {
        _ccipReceive(message);
    }

    /// @dev The tokens of `message` are in this contract already; a revert takes them back out.
    function _ccipReceive(Client.Any2EVMMessage memory message) internal virtual;

    function getRouter() public view returns (address) {
        return _router;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view virtual returns (bool) {
        return
            interfaceId == type(IAny2EVMMessageReceiver).interfaceId
                || interfaceId == type(IERC165).interfaceId;
    }
}
