import django_jsonfield_backport.models
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0004_connect'),
    ]

    operations = [
        migrations.AddField(
            model_name='integrationcredential',
            name='organizations',
            field=django_jsonfield_backport.models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='integrationcredential',
            name='permissions',
            field=django_jsonfield_backport.models.JSONField(blank=True, default=dict),
        ),
    ]
