"""The spokes: remote calendars behind the port `almanakka.sync.ports.Calendar`."""
