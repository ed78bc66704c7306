"""English as it is read on both sides of the Atlantic: no month can be taken for a day, and clocks have 24 hours."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
MONTH_DAY_FORMAT = "j F"
FIRST_DAY_OF_WEEK = 1
#: These two are our own: a day with its weekday, in every language.
WEEKDAY_FORMAT = "l j F"
WEEKDAY_DATE_FORMAT = "l j F Y"
