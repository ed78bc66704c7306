"""Input that lies: what Graph may answer, what .ics files may hold, and what people may type with us."""
