"""Applications with contracts on several chains, seen from Python: the counterpart of `contracts/apps`.

shop = Application(ccip, {"a": warehouse, "b": courier, "c": till})
call = shop.call("c", "buy", item, recipient, signer=account, value=fee)
done = shop.wait(call)
done.outcome, done.result, done.error
"""

from ccip_py.apps.application import Application, AsyncApplication
from ccip_py.apps.types import CallStage, CallStatus, Outcome, Part, RemoteCall

__all__ = ["Application", "AsyncApplication", "CallStage", "CallStatus", "Outcome", "Part", "RemoteCall"]
