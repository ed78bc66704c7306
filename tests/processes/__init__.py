"""Real processes over a durable database: killed, stopped, without disk or without their database."""
