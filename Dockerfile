FROM python:3.14-slim AS build
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

FROM python:3.14-slim
RUN useradd --system --create-home --home-dir /var/lib/stoflow stoflow
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 STOFLOW_HOME=/var/lib/stoflow
USER stoflow
WORKDIR /var/lib/stoflow
# Every process stops by itself on SIGTERM: it begins nothing more, finishes or hands back what runs, and exits.
STOPSIGNAL SIGTERM
ENTRYPOINT ["stoflow"]
CMD ["--help"]
