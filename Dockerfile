# frontdesk in a small image: `docker build -t frontdesk .`

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The folders of Cargo and of the build are kept between builds, not in the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --features nats,tls && cp target/release/frontdesk /frontdesk

FROM debian:bookworm-slim
# The certificates are for NATS over TLS, and for an issuer at https://.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --create-home --home-dir /var/lib/frontdesk frontdesk \
    && chmod 700 /var/lib/frontdesk
COPY --from=build /frontdesk /usr/local/bin/frontdesk
USER frontdesk
# Where the file is, on SQLite.
WORKDIR /var/lib/frontdesk
ENV FRONTDESK_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["frontdesk"]
CMD ["serve", "--no-console"]
