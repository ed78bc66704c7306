"""Swedish: what Django does not know is a day with its weekday."""

WEEKDAY_FORMAT = "l j F"
WEEKDAY_DATE_FORMAT = "l j F Y"
