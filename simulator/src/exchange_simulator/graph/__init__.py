"""The Microsoft Graph face of the simulated tenant."""
