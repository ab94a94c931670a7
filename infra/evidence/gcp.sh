#!/bin/sh
# Prints the credential of a GCE instance: its identity token, whose audience names this CSR and this cluster.
#   gcp.sh https://interlock.example.com/v1/clusters/rabbit-prod node.csr >credential
# The instance needs a service account, with no role at all. See docs/evidence.md
set -eu
[ $# = 2 ] || { echo "usage: gcp.sh AUDIENCE CSR" >&2 && exit 2; }
metadata=http://${GCE_METADATA_HOST:-metadata.google.internal}

fail() { # CODE WHAT
	echo "gcp.sh: $2" >&2
	exit "$1"
}

openssl req -in "$2" -noout || fail 2 "$2 is no CSR"
digest=$(openssl req -in "$2" -outform DER | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)
token=$(
	curl -q -fsS -G --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --retry-max-time 20 --max-filesize 16384 \
		-H 'Metadata-Flavor: Google' --data-urlencode "audience=$1/csr/$digest" -d format=full \
		"$metadata/computeMetadata/v1/instance/service-accounts/default/identity"
) || case $? in
	22) fail 5 "the metadata service refuses (has the instance a service account?)" ;;
	*) fail 4 "there is no answer from $metadata (not GCE?)" ;;
esac
case $token in
	*[!A-Za-z0-9._-]*) false ;;
	?*.?*.?*) ;;
	*) false ;;
esac || fail 6 "this is no identity token; what answers at $metadata?"
printf 'Bearer %s\n' "$token"
# end
