# The daemon `nexopsd`, with the command `nexops` beside it. It has no PostgreSQL of its own: give it a DATABASE_URL.
#   docker build --tag nexops .
# compose.yaml runs it with PostgreSQL and Redis.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY migrations migrations
COPY nexops-core nexops-core
COPY nexops-alerting nexops-alerting
COPY nexops-cli nexops-cli
COPY nexops-tui nexops-tui
COPY nexopsd nexopsd
COPY pve-sim pve-sim
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin nexopsd --bin nexops \
    && install -D --target-directory=/programs target/release/nexopsd target/release/nexops

FROM debian:bookworm-slim
# Channels and services are reached over HTTPS: the authorities that sign certificates are needed.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 nexops \
    && useradd --system --uid 10001 --gid nexops --home-dir /var/lib/nexops --no-create-home nexops \
    && install --directory --owner=nexops --group=nexops --mode=0700 /var/lib/nexops
COPY --from=build /programs/ /usr/local/bin/
ENV ENVIRONMENT=production \
    NEXOPS_DATA_DIR=/var/lib/nexops \
    NEXOPS_LISTEN=0.0.0.0:8000
# The number, so that an orchestrator sees that it is not root.
USER 10001:10001
WORKDIR /var/lib/nexops
# The key of stored secrets is here, unless NEXOPS_SECRET_KEY is set.
VOLUME /var/lib/nexops
EXPOSE 8000
# Whether the process lives. Whether it can work, /readyz tells; a database that is away is no reason to kill it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ["nexops", "api", "GET", "/healthz"]
ENTRYPOINT ["nexopsd"]
