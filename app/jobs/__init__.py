"""Work that happens outside a request: the job row is the truth, the queue only wakes workers."""
