"""The limits of the jobs of one operation."""

import msgspec


class SchedulerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of an operation's jobs. Times in seconds, `max_replies` in bytes.

    An operation without a thread waits `max_wait` in all, unless `max_waiting` operations of the process wait already.
    """

    subrequest_timeout: float
    in_flight: int
    max_replies: int
    max_wait: float
    max_waiting: int
    inline: bool = False
    """Run all jobs in the caller's own thread, one after the other."""
    uses_own_thread: bool = False
    """Run jobs whose routes never wait in the caller's own thread, once the others have begun."""
    nested: bool = False
    """Take threads that the pool does not count: the thread that waits for them is counted, and must get them."""
