"""What joins the company's activities and its people's remote calendars."""
