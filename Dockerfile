# One image for web and worker. Checked without Docker by scripts/check_dockerfile.py: keep RUN lines plain sh.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# LightGBM's wheel expects the system's OpenMP.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/lineage lineage

WORKDIR /srv/lineage
COPY requirements.txt ./
RUN pip install --require-hashes --no-deps --only-binary=:all: -r requirements.txt

COPY wsgi.py gunicorn.conf.py alembic.ini ./
COPY migrations migrations
COPY templates templates
COPY static static
COPY app app
COPY ml ml

ENV LINEAGE_STATE_DIR=/var/lib/lineage/var \
    LINEAGE_HOST=0.0.0.0 \
    LINEAGE_PORT=8000 \
    NUMBA_CACHE_DIR=/var/lib/lineage/numba
# Compiled once, here. Numba wants its cache writable, so it lies in the volume, which starts as a copy of this.
# Status 1 is "some are not what they claim": one of the examples is dressed up.
RUN mkdir -m 700 "$LINEAGE_STATE_DIR" "$NUMBA_CACHE_DIR" && python -m compileall -q app ml
RUN python -m ml verify static/examples/*.flac static/examples/*.mp3 || test $? -eq 1
RUN chown -R lineage /var/lib/lineage

USER lineage
VOLUME /var/lib/lineage
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"LINEAGE_PORT\"]}/healthz', timeout=4)"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
