// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRMNProxy} from "./interfaces/IRMNProxy.sol";
import {ITypeAndVersion} from "./interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

contract RMNProxy is IRMNProxy, ITypeAndVersion, Ownable2Step {
    string public constant override typeAndVersion = "ARMProxy 1.0.0";

    address private _rmn;

    constructor(address rmn) Ownable(msg.sender) {
        _setARM(rmn);
    }

    /// @dev Reverts as the RMN does. Whoever asks takes an empty answer for a curse, so that there is code at the
    /// RMN's address need not be asked each time.
    fallback(bytes calldata question) external returns (bytes memory) {
        (bool success, bytes memory answer) = _rmn.call(question);
        if (!success) LowLevelCall.bubbleRevert(answer);
        return answer;
    }

    /// @inheritdoc IRMNProxy
    function getARM() external view returns (address) {
        return _rmn;
    }

    /// @inheritdoc IRMNProxy
    function setARM(address arm) external onlyOwner {
        _setARM(arm);
    }

    function _setARM(address arm) private {
        // CHECK
        require(arm.code.length != 0, NotAContract(arm));

        // EFFECT
        _rmn = arm;

        emit ARMSet(arm);
    }
}
