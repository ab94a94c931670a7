#!/bin/sh
# Prints the credential of `aws-iid`: this EC2 instance's signed identity document, for a token-file or an Authorization header.
#   aws-iid.sh >credential
# Anything on the instance can read it, and it never ends: prefer aws-sts.sh. See docs/evidence.md
set -eu
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}

ask() { curl -q -fsS --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --max-filesize 8192 "$@"; }

# IMDSv2: a session first, which a confused proxy cannot make.
session=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
document=$(ask -H "X-aws-ec2-metadata-token: $session" "$metadata/latest/dynamic/instance-identity/rsa2048")
printf 'AWS-IID %s\n' "$(printf %s "$document" | tr -d '\r\n')"
