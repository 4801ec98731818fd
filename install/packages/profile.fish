# Puts gomend's go first on PATH.
test -x /usr/lib/gomend/bin/gomend; and /usr/lib/gomend/bin/gomend activate fish | source
