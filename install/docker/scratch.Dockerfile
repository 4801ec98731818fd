# A static program in an image with nothing else: the builder has gomend, what is shipped does not.
#
#   DOCKER_BUILDKIT=1 docker build -t app -f install/docker/scratch.Dockerfile YOUR-PROJECT
ARG BASE=golang:1.26
ARG GOMEND=gomend
ARG FINAL=scratch
FROM ${GOMEND} AS gomend

FROM ${BASE} AS builder
COPY --from=gomend /usr/lib/gomend /usr/lib/gomend
ENV PATH=/usr/lib/gomend/bin:$PATH CGO_ENABLED=0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go test ./... && go build -trimpath -o /app .

FROM ${FINAL}
COPY --from=builder /app /app
ENTRYPOINT ["/app"]
