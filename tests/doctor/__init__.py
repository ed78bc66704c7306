"""The connection doctor, before everything that can be wrong between us and a server."""
