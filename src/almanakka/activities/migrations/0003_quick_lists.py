"""Let lists find what is somebody's, and what begins next, by index."""

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_second_step"),
        ("activities", "0002_changed_through"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["owner", "id"], name="activity_owner_id"),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["user", "activity"], name="participant_user_activity"),
        ),
        migrations.AlterField(
            model_name="activity",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.RESTRICT,
                related_name="owned_activities",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="participant",
            name="activity",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.CASCADE,
                related_name="participants",
                to="activities.activity",
            ),
        ),
        migrations.AlterField(
            model_name="participant",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.RESTRICT,
                related_name="participations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
