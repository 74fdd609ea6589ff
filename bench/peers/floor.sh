#!/bin/bash
# The floor: the whole boot by stock tools in one script, everything that can overlap overlapped, everything streamed, no
# process where bash can do it. What it leaves out is what an agent is for: it tries nothing again, keeps no record, looks
# at nothing first, and does not notice what fails.
set -u
export CURL_CA_BUNDLE=/etc/bootstrap-agent/ca.crt
region=eu-west-1 metadata=http://169.254.169.254/latest

# Kernel and unit need no network.
{
  while IFS=' =' read -r key value; do printf '%s\n' "$value" >"/proc/sys/${key//.//}"; done </opt/sysctl.conf
  printf 'tcp_bbr\nsch_fq\n' >/etc/modules-load.d/shop.conf
  modprobe -qa tcp_bbr sch_fq
} 2>/dev/null &
mkdir -p /srv/release /run/systemd/system
{
  printf '%s\n' "$(</opt/shop.service)" >/run/systemd/system/shop.service
  systemctl daemon-reload
} & unit=$!

token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 600' "$metadata/api/token")
# One process, one connection: identity, the name of the group, its own class, the name of the role.
mapfile -t facts < <(curl -sf -H "X-aws-ec2-metadata-token: $token" \
  -w '\n' "$metadata/meta-data/instance-id" "$metadata/meta-data/tags/instance/aws:autoscaling:groupName" \
  "$metadata/meta-data/tags/instance/Class" "$metadata/meta-data/iam/security-credentials/")
instance=${facts[0]} group=${facts[1]} role=${facts[3]}
credentials=$(curl -sf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/iam/security-credentials/$role")
field() { [[ $credentials =~ \"$1\"\ *:\ *\"([^\"]*)\" ]] && printf -v "$1" %s "${BASH_REMATCH[1]}"; }
field AccessKeyId; field SecretAccessKey; field Token
aws() {
  local service=$1; shift
  curl -sf --aws-sigv4 "aws:amz:$region:$service" --user "$AccessKeyId:$SecretAccessKey" \
    -H "x-amz-security-token: $Token" "$@"
}

{
  answer=$(aws secretsmanager -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: secretsmanager.GetSecretValue' \
    -d '{"SecretId":"prod/shop/key"}' "https://secretsmanager.$region.amazonaws.com/")
  [[ $answer =~ \"SecretString\":\"([^\"]*)\" ]]
  umask 077
  printf 'key=%s\n' "${BASH_REMATCH[1]}" >/run/shop.conf
} & config=$!

aws s3 "https://acme-releases-eu-west-1.s3.$region.amazonaws.com/shop/release.tar.zst" |
  tee >(sha256sum >/run/sum) | tar -x --zstd -C /srv/release
wait "$config" "$unit"
until [[ -s /run/sum ]]; do :; done
read -r sum _ </run/sum
[[ $sum == "$(</opt/release.sha256)" ]] || exit 1
systemctl start --no-block shop.service

# A process that says nothing, to wait for a hundredth of a second without one for each wait.
exec 6<> <(:)
healthy() {
  local status
  { exec 7<>/dev/tcp/127.0.0.1/8080; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&7
  read -r _ status _ <&7
  exec 7>&-
  [[ $status == 200 ]]
}
until healthy; do read -rt 0.01 -u 6; done
aws autoscaling -o /dev/null -d "Action=CompleteLifecycleAction&Version=2011-01-01&AutoScalingGroupName=$group\
&LifecycleHookName=node-is-ready&InstanceId=$instance&LifecycleActionResult=CONTINUE" "https://autoscaling.$region.amazonaws.com/"
