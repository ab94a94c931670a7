#!/bin/sh
# Prints the credential of a pod: its projected service account token, whose audience names this cluster.
#   kubernetes.sh [FILE] >credential
# The volume that puts it there is in docs/evidence.md; kubelet renews it, so read it again for each call.
# The agent calls every kind with AUDIENCE CSR; here neither says anything.
set -eu
[ $# -lt 2 ] || shift 2
file=${1:-/var/run/secrets/interlock/token}

fail() { # CODE WHAT
	echo "kubernetes.sh: $2" >&2
	exit "$1"
}

[ -r "$file" ] || fail 4 "there is no $file (is the token projected into this container?)"
token=$(tr -d '\r\n' <"$file")
case $token in
	*[!A-Za-z0-9._-]*) false ;;
	?*.?*.?*) ;;
	*) false ;;
esac || fail 6 "$file is no token"
printf 'Bearer %s\n' "$token"
# end
