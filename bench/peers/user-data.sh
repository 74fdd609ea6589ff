#!/bin/bash
# User data as a shell script with the AWS CLI, run by cloud-init: one thing after the other.
set -e
export AWS_DEFAULT_REGION=eu-west-1 AWS_CA_BUNDLE=/etc/bootstrap-agent/ca.crt HOME=/root
metadata=http://169.254.169.254/latest
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 600' $metadata/api/token)
meta() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
instance=$(meta instance-id)
group=$(meta tags/instance/aws:autoscaling:groupName)
cat >/etc/sysctl.d/60-shop.conf <<'END'
@sysctl@
END
sysctl -p /etc/sysctl.d/60-shop.conf
printf 'tcp_bbr\nsch_fq\n' >/etc/modules-load.d/shop.conf
modprobe -a tcp_bbr sch_fq || true
aws s3 cp --no-progress s3://acme-releases-eu-west-1/shop/release.tar.gz /tmp/release.tar.gz
echo "@gz@  /tmp/release.tar.gz" | sha256sum -c
mkdir -p /srv/release
tar -xzf /tmp/release.tar.gz -C /srv/release
(umask 077; echo "key=$(aws secretsmanager get-secret-value --secret-id prod/shop/key --query SecretString --output text)" >/run/shop.conf)
cat >/etc/systemd/system/shop.service <<'END'
@unit@
END
systemctl daemon-reload
systemctl start shop.service
until curl -sf -o /dev/null http://127.0.0.1:8080/; do sleep 1; done
aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$group" --lifecycle-hook-name node-is-ready \
  --instance-id "$instance" --lifecycle-action-result CONTINUE
