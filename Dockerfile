FROM python:3.14-slim AS build
WORKDIR /build
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md ./
COPY stoflow ./stoflow
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt .

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
