"""Benchmarks: quality on data whose labels are known, and speed beside peers."""
