"""What people do and when. Knows nothing of calendars: it only tells, by a signal, what has changed."""
