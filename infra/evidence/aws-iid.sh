#!/bin/sh
# Prints the credential of `aws-iid`: this EC2 instance's signed identity document, for a token-file or an Authorization header.
#   aws-iid.sh >credential
# Anything on the instance can read it, and it never ends: prefer aws-sts.sh. See docs/evidence.md
set -eu
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}

fail() { # CODE WHAT
	echo "aws-iid.sh: $2" >&2
	exit "$1"
}

ask() {
	curl -q -fsS --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --retry-max-time 20 --max-filesize 16384 "$@" ||
		case $? in
			22) fail 5 "the metadata service refuses (is it switched on for this instance?)" ;;
			*) fail 4 "there is no answer from $metadata (not EC2, or a container beyond the hop limit?)" ;;
		esac
}

# IMDSv2: a session first, which a confused proxy cannot make.
session=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
case $session in '' | *[!A-Za-z0-9_+/=-]*) fail 6 "this is no session of IMDSv2; what answers at $metadata?" ;; esac
document=$(ask -H "X-aws-ec2-metadata-token: $session" "$metadata/latest/dynamic/instance-identity/rsa2048")
document=$(printf %s "$document" | tr -d '\r\n')
case $document in '' | *[!A-Za-z0-9+/=]*) fail 6 "this is no identity document; what answers at $metadata?" ;; esac
printf 'AWS-IID %s\n' "$document"
# end
