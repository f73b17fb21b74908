"""The web process: one, with threads. It moves bytes and rows; work happens in `flask worker`."""

import os

from app.config import Settings

_settings = Settings.from_env(os.environ)

bind = (
    f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
)
worker_class = "gthread"
workers = 1
threads = _settings.web_threads
worker_connections = 1000
backlog = 1024
keepalive = 5
timeout = 60
graceful_timeout = 25  # uploads under way may finish
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
limit_request_line = 4094
limit_request_fields = 60
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "info"
proc_name = "lineage-web"
forwarded_allow_ips = "127.0.0.1"
