"""One child process a file, forked by a zygote, with little to lose and less to reach.

    with sandbox.open(path, job="stream", limits=limits) as child:
        for kind, payload in child.messages():
            ...

The parent opens the file and passes the descriptor; the child answers through a pipe. A child that crashes,
runs out of memory or stalls becomes an exception here. Any thread may call this; a fork of the calling
process starts a zygote of its own.
"""

from ml.sandbox.child import Child, degraded, open, sense, warm
from ml.sandbox.limits import Limits

__all__ = ["Child", "Limits", "degraded", "open", "sense", "warm"]
