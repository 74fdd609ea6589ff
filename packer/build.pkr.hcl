# The images, and the one way in which each of them is made.
#
# One image:                 packer build -only='amazon-ebs.debian12-x86_64' packer/
# One distribution:          packer build -only='amazon-ebs.ubuntu2404-*' packer/
# All eight, side by side:   packer build packer/
#
# Names and owners of the source images are the publishers' own: "AL2023 on Amazon EC2" in the user guide of Amazon Linux,
# "Find Ubuntu images on AWS" by Canonical, "Cloud/AmazonEC2Image" in Debian's wiki. Of Amazon Linux 2023 there are images
# with several kernels under each version, and the newest of all could be any: 6.1 is the one it calls default.

locals {
  # A release candidate sorts before its release: 1.2.0-rc.1 is 1.2.0~rc.1 in names of packages.
  package_version = replace(regex_replace(var.agent_version, "^([^-]*)-", "$1~"), "-", ".")

  package = {
    "al2023-x86_64"     = "bootstrap-agent-${local.package_version}-1.x86_64.rpm"
    "al2023-arm64"      = "bootstrap-agent-${local.package_version}-1.aarch64.rpm"
    "ubuntu2404-x86_64" = "bootstrap-agent_${local.package_version}_amd64.deb"
    "ubuntu2404-arm64"  = "bootstrap-agent_${local.package_version}_arm64.deb"
    "debian12-x86_64"   = "bootstrap-agent_${local.package_version}_amd64.deb"
    "debian12-arm64"    = "bootstrap-agent_${local.package_version}_arm64.deb"
    "debian13-x86_64"   = "bootstrap-agent_${local.package_version}_amd64.deb"
    "debian13-arm64"    = "bootstrap-agent_${local.package_version}_arm64.deb"
  }
}

locals {
  bake_options = concat(compact([var.iam_instance_profile == "" ? "--no-artifacts" : ""]), var.bake_options)
}

build {
  source "source.amazon-ebs.node" {
    name          = "al2023-x86_64"
    ami_name      = "${var.name_prefix}-al2023-x86_64-${local.suffix}"
    instance_type = var.instance_type_x86_64
    ssh_username  = "ec2-user"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["137112412989"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "al2023-ami-2023.*-kernel-6.1-x86_64" : var.source_ami_name
        architecture        = "x86_64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "al2023-arm64"
    ami_name      = "${var.name_prefix}-al2023-arm64-${local.suffix}"
    instance_type = var.instance_type_arm64
    ssh_username  = "ec2-user"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["137112412989"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "al2023-ami-2023.*-kernel-6.1-arm64" : var.source_ami_name
        architecture        = "arm64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "ubuntu2404-x86_64"
    ami_name      = "${var.name_prefix}-ubuntu2404-x86_64-${local.suffix}"
    instance_type = var.instance_type_x86_64
    ssh_username  = "ubuntu"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["099720109477"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*" : var.source_ami_name
        architecture        = "x86_64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/sda1"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "ubuntu2404-arm64"
    ami_name      = "${var.name_prefix}-ubuntu2404-arm64-${local.suffix}"
    instance_type = var.instance_type_arm64
    ssh_username  = "ubuntu"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["099720109477"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*" : var.source_ami_name
        architecture        = "arm64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/sda1"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "debian12-x86_64"
    ami_name      = "${var.name_prefix}-debian12-x86_64-${local.suffix}"
    instance_type = var.instance_type_x86_64
    ssh_username  = "admin"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["136693071363"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "debian-12-amd64-*" : var.source_ami_name
        architecture        = "x86_64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "debian12-arm64"
    ami_name      = "${var.name_prefix}-debian12-arm64-${local.suffix}"
    instance_type = var.instance_type_arm64
    ssh_username  = "admin"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["136693071363"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "debian-12-arm64-*" : var.source_ami_name
        architecture        = "arm64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "debian13-x86_64"
    ami_name      = "${var.name_prefix}-debian13-x86_64-${local.suffix}"
    instance_type = var.instance_type_x86_64
    ssh_username  = "admin"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["136693071363"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "debian-13-amd64-*" : var.source_ami_name
        architecture        = "x86_64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  source "source.amazon-ebs.node" {
    name          = "debian13-arm64"
    ami_name      = "${var.name_prefix}-debian13-arm64-${local.suffix}"
    instance_type = var.instance_type_arm64
    ssh_username  = "admin"

    source_ami_filter {
      owners      = coalescelist(var.source_ami_owners, ["136693071363"])
      most_recent = true
      filters = {
        name                = var.source_ami_name == "" ? "debian-13-arm64-*" : var.source_ami_name
        architecture        = "arm64"
        root-device-type    = "ebs"
        virtualization-type = "hvm"
      }
    }

    launch_block_device_mappings {
      device_name           = "/dev/xvda"
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_id
      volume_type           = "gp3"
      volume_size           = var.volume_size
      iops                  = var.volume_iops
      throughput            = var.volume_throughput
    }
  }

  # Not below a folder that others may write: what is uploaded is installed as root.
  provisioner "shell" {
    inline = ["mkdir -m 0700 /tmp/bootstrap-agent"]
  }

  provisioner "file" {
    sources = compact([
      "${var.packages}/${local.package[source.name]}",
      var.roles,
      var.agent_yaml,
      var.environment_file,
    ])
    destination = "/tmp/bootstrap-agent/"
  }

  # It ends in `agent bake --seal`, which takes away Packer's key, the uploads and everything else that is the building
  # instance's own. The session that is open stays; there is no way in after it.
  provisioner "shell" {
    script = "${path.root}/provision.sh"
    environment_vars = [
      "CLASSES=${join(" ", var.classes)}",
      "UPGRADE=${var.upgrade}",
      "BAKE_OPTIONS=${join(" ", local.bake_options)}",
    ]
    # By sh, and not by its mode: /tmp may be mounted noexec.
    execute_command = "sudo env {{ .Vars }} /bin/sh {{ .Path }} /tmp/bootstrap-agent"
    timeout         = "45m"
  }

  post-processor "manifest" {
    output = var.manifest
    custom_data = {
      image   = source.name
      agent   = var.agent_version
      classes = join(" ", var.classes)
      commit  = var.commit
    }
  }
}
