FROM node:22-slim AS style
RUN apt-get update && apt-get install --yes --no-install-recommends python3
WORKDIR /build
COPY . .
RUN python3 -I frontend/build.py

FROM python:3.11-slim
WORKDIR /srv/tformance
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
COPY --from=style /build/static-built static-built
RUN useradd --system --no-create-home tformance && mkdir -p var && chown tformance var
USER tformance
VOLUME /srv/tformance/var
EXPOSE 8000
CMD ["gunicorn", "tformance.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
