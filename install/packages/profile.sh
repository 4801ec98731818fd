# Puts gomend's go first on PATH in login shells; a plain interactive shell inherits it.
if [ -x /usr/lib/gomend/bin/gomend ]; then eval "$(/usr/lib/gomend/bin/gomend activate sh)"; fi
