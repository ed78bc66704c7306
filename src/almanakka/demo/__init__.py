"""The example company: a simulated tenant, people with calendars, edits on both sides and an independent comparison."""
