"""What the people of the example company have in their calendars and among their activities, relative to a day."""
