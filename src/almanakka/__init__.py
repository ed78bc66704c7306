"""Two-way calendar synchronisation between activities and Microsoft calendars."""
