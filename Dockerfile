# docker build -t reprise .                          the image that serves models/bundle
# docker build -t reprise-train --target train .     the image that trains
FROM python:3.11.17-slim-bookworm AS base
ENV PATH=/opt/venv/bin:$PATH \
    ORT_DISABLE_TELEMETRY=1
# Without a pip of its own: that of the base image installs into it.
RUN python -m venv --without-pip /opt/venv


FROM base AS build
WORKDIR /build
# The packages before the code, for a project that is still empty: a change of the code does not install them anew.
COPY pyproject.toml requirements.lock ./
RUN mkdir src && touch README.md LICENSE \
    && pip --python /opt/venv install --no-cache-dir --no-compile --constraint requirements.lock '.[serve]'
# Neither what tests the packages nor the C library of ONNX Runtime, whose Python module holds all that it needs.
RUN find /opt/venv -type d -name tests -prune -exec rm -r '{}' + \
    && find /opt/venv -name 'libonnxruntime.so*' -delete
COPY README.md LICENSE ./
COPY src src
RUN pip --python /opt/venv install --no-cache-dir --no-compile --no-deps --force-reinstall .


FROM base AS train
# Debian offers one version of git at a time: a pinned one is gone one day.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /project
COPY pyproject.toml requirements.lock ./
RUN mkdir src && touch README.md LICENSE \
    && pip --python /opt/venv install --no-cache-dir --constraint requirements.lock --editable '.[train]' \
    && chown --recursive 10001:10001 .
COPY --chown=10001:10001 . .
# For any user, as whoever mounts a clone here is one: a name, and a home to write to. And the GPUs of the machine.
ENV USER=reprise \
    HOME=/tmp \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
# This copy has no git; a clone that is mounted over it has settings of its own.
RUN dvc config --local core.no_scm true
CMD ["dvc", "repro"]


FROM base AS serve
LABEL org.opencontainers.image.title="Reprise" \
      org.opencontainers.image.description="Serves an exported model over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /srv
COPY --from=build /opt/venv /opt/venv
COPY models/bundle models/bundle
# One thread for numpy, which starts one for each core of the machine, however few the container may use; and what was
# taken for large files is given back to the system, which glibc by itself keeps.
ENV OPENBLAS_NUM_THREADS=1 \
    MALLOC_MMAP_THRESHOLD_=4194304 \
    REPRISE_HOST=0.0.0.0 \
    PORT=8000
# Checks the bundle, and leaves compiled what a server imports: the base image has Python's own library as source
# only, and the user that serves cannot write there.
RUN python -c "\
import gcsfs, uvicorn, uvloop, reprise.cli, reprise.decoding.audio, reprise.decoding.image, reprise.decoding.video; \
uvicorn.Config('reprise.serving.app:create_app', factory=True).load()"
EXPOSE 8000
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["python", "-c", "\
import os, http.client; \
server = http.client.HTTPConnection('127.0.0.1', os.environ.get('AIP_HTTP_PORT') or os.environ['PORT']); \
server.request('GET', '/health'); \
raise SystemExit(server.getresponse().status != 200)"]
CMD ["reprise", "serve"]
