"""Let the index of what begins when tell all that a list asks of each activity."""

from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_calendar_windows")]

    operations = [
        migrations.RemoveIndex(model_name="activity", name="activity_company_begins"),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                models.F("company"),
                Coalesce(
                    "start",
                    models.Func(
                        "first_date",
                        output_field=models.DateTimeField(),
                        template="(%(expressions)s::timestamp AT TIME ZONE 'UTC')",
                    ),
                ),
                models.F("id"),
                name="activity_company_begins",
                include=["start", "first_date", "owner", "is_private", "type"],
            ),
        ),
    ]
