from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0014_headers_as_list"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="rawgithubevent",
            name="ingest_event_of_object",
        ),
        migrations.AddIndex(
            model_name="rawgithubevent",
            index=models.Index(
                condition=models.Q(("object_id", ""), _negated=True),
                fields=["team", "object_id"],
                name="ingest_event_of_object",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
        ),
    ]
