"""Calendars as .ics files: read as forgivingly as Outlook reads them, and written so that anybody can."""
