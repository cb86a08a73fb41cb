# Three stages end in two images: `production` (small, no build tools) and `development` (all tools).
# Base images are pinned by version; raise them together with requirements/*.lock.
FROM python:3.11.13-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    VIRTUAL_ENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app/src:/app/packages/dte/src \
    DJANGO_SETTINGS_MODULE=erpmarket.config.settings \
    DTE_SCHEMAS_DIR=/opt/schemas \
    XDG_CACHE_HOME=/tmp/cache
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# Node comes from a pinned Python package, as on a developer's machine; it stays in this stage.
FROM base AS screens
COPY requirements/frontend.lock requirements/
RUN python -m venv /opt/venv && pip install --require-hashes -r requirements/frontend.lock
COPY frontend/package.json frontend/package-lock.json frontend/
RUN cd frontend && npm ci --ignore-scripts --no-audit --no-fund
COPY frontend frontend
RUN cd frontend && node build.mjs

FROM base AS packages
COPY requirements/uv.lock requirements/production.lock requirements/
COPY packages/dte/src/dte/fetch_schemas.py packages/dte/src/dte/official_schemas.lock \
     packages/dte/src/dte/official_schemas.sha256 schemas/
RUN pip install --require-hashes -r requirements/uv.lock \
 && python -m venv /opt/venv \
 && uv pip sync --require-hashes requirements/production.lock \
 && python -P schemas/fetch_schemas.py /opt/schemas

FROM packages AS development
COPY requirements/dev.lock requirements/
RUN uv pip sync --require-hashes requirements/dev.lock
COPY manage.py pyproject.toml ./
COPY packages packages
COPY src src
COPY --from=screens /app/src/erpmarket/static/dist src/erpmarket/static/dist
ENV PYTHONPATH=/app/src:/app/packages/dte/src:/app/packages/till_agent/src:/app/packages/sii_simulator/src
RUN useradd --uid 10001 --create-home erp && install --directory --owner=erp /data
USER erp

FROM base AS production
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/schemas /opt/schemas
COPY manage.py ./
COPY packages/dte packages/dte
COPY src src
COPY --from=screens /app/src/erpmarket/static/dist src/erpmarket/static/dist
# The two keys only let the settings load; nothing is signed or stored here.
RUN ERP_SECRET_KEY=build ERP_MASTER_KEY=build ERP_STATIC_ROOT=/opt/static \
    python manage.py collectstatic --noinput --verbosity 0
ENV ERP_STATIC_ROOT=/opt/static
RUN useradd --uid 10001 --create-home erp
USER erp
EXPOSE 8000
CMD ["gunicorn", "erpmarket.config.wsgi:application", "--bind", "0.0.0.0:8000"]
