# One image for all six processes; docker-compose.yml says which one a container runs.
FROM python:3.13-slim-trixie AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
# The dependencies first: they change less often than we do.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY . .
RUN pip install --no-build-isolation --no-deps .

FROM python:3.13-slim-trixie

RUN useradd --system --user-group --create-home --home-dir /var/lib/momento momento
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LOG_FORMAT=json \
    MOMENTO_HOME=/var/lib/momento
USER momento
WORKDIR /var/lib/momento
# Each process ends in order when it is sent this.
STOPSIGNAL SIGTERM
CMD ["momento", "--help"]
