"""Calendars that a person has as .ics files, read as Outlook's import reads them."""
