"""Let calendars find by index what lies in a stretch of time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_second_step"),
        ("activities", "0003_quick_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="activity",
            name="company",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="activities",
                to="accounts.company",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["company", "end", "start"], name="activity_company_end"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("end_date__isnull", False)),
                fields=["company", "end_date", "first_date"],
                name="activity_company_days",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("recurrence__isnull", False)), fields=["company"], name="activity_company_series"
            ),
        ),
    ]
