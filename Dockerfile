# Both stages name one image by its digest: what is built today is built tomorrow. `docker buildx imagetools inspect
# python:3.14-slim` says today's, which brings Debian's newer packages.
FROM python:3.14.8-slim-trixie@sha256:f85c5697265c178cc6887276c55fe16cf3d14ca35c3df6a5eab3b360534a55d2 AS build
WORKDIR /build
# Nothing comes in that the locks do not name by its hash, and nothing is built but StoFlow: wheels only.
ARG LOCKED="--no-cache-dir --require-hashes --only-binary :all:"
COPY locks ./locks
RUN python -m venv /tools && /tools/bin/pip install $LOCKED -r locks/build.txt
RUN python -m venv /venv && /venv/bin/pip install $LOCKED -r locks/production.txt
COPY pyproject.toml README.md ./
COPY stoflow ./stoflow
RUN /tools/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /venv/bin/pip install --no-index --no-deps /wheels/*.whl
# What is in the image, for whoever has to know: CycloneDX, read from what was installed.
RUN /tools/bin/cyclonedx-py environment --output-reproducible --output-file /venv/sbom.cdx.json /venv

FROM python:3.14.8-slim-trixie@sha256:f85c5697265c178cc6887276c55fe16cf3d14ca35c3df6a5eab3b360534a55d2
RUN useradd --system --create-home --home-dir /var/lib/stoflow stoflow
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 STOFLOW_HOME=/var/lib/stoflow
USER stoflow
WORKDIR /var/lib/stoflow
# Every process stops by itself on SIGTERM: it begins nothing more, finishes or hands back what runs, and exits.
STOPSIGNAL SIGTERM
ENTRYPOINT ["stoflow"]
CMD ["--help"]
