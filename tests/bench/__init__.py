"""Benchmarks: what the engine costs, each figure beside its floor and a peer on the same work (`make bench`)."""
