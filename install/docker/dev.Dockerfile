# A container to work in: sources and caches are mounted (compose.yaml).
ARG BASE=golang:1.26
ARG GOMEND=gomend
FROM ${GOMEND} AS gomend

FROM ${BASE}
COPY --from=gomend /usr/lib/gomend /usr/lib/gomend
ENV PATH=/usr/lib/gomend/bin:$PATH
WORKDIR /src
CMD ["go", "run", "."]
