# The same on Alpine, as a user of its own, with cache mounts that are his: they outlive builds, and so does their damage.
#
#   DOCKER_BUILDKIT=1 docker build -t app -f install/docker/alpine.Dockerfile YOUR-PROJECT
ARG BASE=golang:1.26-alpine
ARG GOMEND=gomend
FROM ${GOMEND} AS gomend

FROM ${BASE}
COPY --from=gomend /usr/lib/gomend /usr/lib/gomend
ENV PATH=/usr/lib/gomend/bin:$PATH

RUN adduser -D -u 1000 builder && mkdir -p /src && chown builder /src
USER builder
WORKDIR /src
COPY --chown=builder . .
RUN --mount=type=cache,target=/go/pkg/mod,uid=1000 --mount=type=cache,target=/home/builder/.cache/go-build,uid=1000 \
    go test ./... && go build -o app .
CMD ["/src/app"]
