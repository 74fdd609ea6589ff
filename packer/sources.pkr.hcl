# The instance that every image is built on; build.pkr.hcl adds what differs by distribution and architecture.

locals {
  started = timestamp()

  # What the names of all images of one run end in.
  suffix = "${var.agent_version}-${formatdate("YYYYMMDD-hhmmss", local.started)}"

  tags = merge(
    {
      Agent         = var.agent_version
      Classes       = join(" ", var.classes)
      SourceImage   = "{{ .SourceAMIName }}"
      SourceImageId = "{{ .SourceAMI }}"
    },
    # Absent rather than empty.
    { for key, value in { Commit = var.commit } : key => value if value != "" },
    var.tags,
  )

  # The root volume is encrypted from its first byte (see the launch_block_device_mappings), so the image is, without the
  # second copy that encrypt_boot makes. Where keys of several Regions or accounts are at play the copy is wanted all
  # the same: Packer then checks that they fit before anything is started, and not when the bake is over.
  keys_matter = length(var.ami_users) + length(var.ami_org_arns) + length(var.region_kms_key_ids) > 0
}

source "amazon-ebs" "node" {
  # ── Where ──
  region                  = var.region
  vpc_id                  = var.vpc_id
  subnet_id               = var.subnet_id
  custom_endpoint_ec2     = var.custom_endpoint_ec2
  skip_region_validation  = var.skip_region_validation
  skip_metadata_api_check = var.skip_metadata_api_check

  aws_polling {
    delay_seconds = var.poll_seconds
    # An hour, not the SDK's ten minutes: an image of a large volume takes longer.
    max_attempts = ceil(3600 / var.poll_seconds)
  }

  # ── The instance ──
  iam_instance_profile        = var.iam_instance_profile
  associate_public_ip_address = var.associate_public_ip_address
  # Powered off from inside, it is gone, and not an idle volume on the bill. Packer's own stop is not affected.
  shutdown_behavior = "terminate"
  run_tags          = merge(local.tags, { Name = "packer ${var.name_prefix}" })
  run_volume_tags   = local.tags

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # The agent runs on the instance itself, not in a container on it.
    http_put_response_hop_limit = 1
    # As on the instances to come: the bake sees what a boot will see.
    instance_metadata_tags = "enabled"
  }

  # ── The way in ──
  communicator            = "ssh"
  ssh_interface           = var.ssh_interface
  ssh_timeout             = "10m"
  temporary_key_pair_type = "ed25519"

  temporary_security_group_source_cidrs     = var.ssh_source_cidrs
  temporary_security_group_source_public_ip = length(var.ssh_source_cidrs) == 0 && contains(["", "public_ip", "public_dns"], var.ssh_interface)

  # ── The image ──
  ami_description         = "Node of the classes ${join(", ", var.classes)}, baked by bootstrap-agent ${var.agent_version}"
  ami_virtualization_type = "hvm"
  # Its instances ask for IMDSv2 whatever the launch template says. Tags in metadata cannot be a property of an image: the
  # launch template must say InstanceMetadataTags=enabled.
  imds_support       = "v2.0"
  encrypt_boot       = local.keys_matter ? true : null
  kms_key_id         = local.keys_matter ? var.kms_key_id : ""
  region_kms_key_ids = var.region_kms_key_ids
  ami_regions        = var.ami_regions
  ami_users          = var.ami_users
  ami_org_arns       = var.ami_org_arns
  deprecate_at       = var.deprecate_after_days == 0 ? null : timeadd(local.started, "${var.deprecate_after_days * 24}h")
  tags               = local.tags
  snapshot_tags      = local.tags
}
