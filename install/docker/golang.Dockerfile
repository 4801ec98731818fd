# A program on the official golang image, or on any other that has go on PATH; caches in layers.
#
#   docker build -t app -f install/docker/golang.Dockerfile YOUR-PROJECT
ARG BASE=golang:1.26
ARG GOMEND=gomend
FROM ${GOMEND} AS gomend

FROM ${BASE}
COPY --from=gomend /usr/lib/gomend /usr/lib/gomend
# The official images begin with /go/bin:/usr/local/go/bin: gomend's directory comes before them.
ENV PATH=/usr/lib/gomend/bin:$PATH

WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go test ./...
RUN go build -o /usr/local/bin/app .
CMD ["app"]
