"""What gunicorn and the flask command load."""

import os

from app.config import Settings
from app.factory import create_app

app = create_app(Settings.from_env(os.environ))
