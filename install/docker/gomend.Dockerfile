# gomend alone, for COPY --from: one directory that any Linux image can take, glibc or musl or neither.
#
#   docker build -t gomend -f install/docker/gomend.Dockerfile build/release
FROM scratch AS installed
COPY gomend /gomend
RUN ["/gomend", "install", "--system", "--shell", "none"]

FROM scratch
COPY --from=installed /usr /usr
ENTRYPOINT ["/usr/lib/gomend/bin/gomend"]
