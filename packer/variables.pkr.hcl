# Everything that differs from one account, network or release to another. None of it is secret: credentials come from
# the environment or a profile, as for every AWS tool.
#
# A value is held against a pattern by regex_replace(value, "^pattern$", "✓") == "✓", which every Packer knows since there
# have been templates in HCL; regex() came later.

# ── What is baked ────────────────────────────────────────────────────────────────────────────────────────────────────

variable "classes" {
  description = "Classes whose packages, kernel settings and artifacts are baked. An instance may become any of them."
  type        = list(string)
  default     = ["tomcat", "php", "erlang"]

  validation {
    condition     = length(var.classes) > 0 && length([for name in var.classes : name if regex_replace(name, "^[A-Za-z0-9][A-Za-z0-9._-]*$", "✓") != "✓"]) == 0
    error_message = "The variable classes must name at least one role, each as its file in roles/ without .yaml."
  }
}

variable "roles" {
  description = "Folder of role files, as seen from where packer is started. It becomes /etc/bootstrap-agent/roles."
  type        = string
  default     = "roles"

  validation {
    condition     = regex_replace(var.roles, "^.*[^/]$", "✓") == "✓"
    error_message = "The variable roles must be the path of a folder, without a slash at its end."
  }
}

variable "agent_yaml" {
  description = "File that becomes /etc/bootstrap-agent/agent.yaml; empty for none. See docs/roles.md."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.agent_yaml, "^((.*/)?agent\\.yaml)?$", "✓") == "✓"
    error_message = "The variable agent_yaml must be empty or the path of a file named agent.yaml."
  }
}

variable "environment_file" {
  description = "File that becomes /etc/bootstrap-agent/environment: AWS_CA_BUNDLE or AWS_ENDPOINT_URL_S3, for the bake and for every boot; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.environment_file, "^((.*/)?environment)?$", "✓") == "✓"
    error_message = "The variable environment_file must be empty or the path of a file named environment."
  }
}

variable "packages" {
  description = "Folder with the .deb and .rpm files that `npm run package` makes."
  type        = string
  default     = "out"

  validation {
    condition     = regex_replace(var.packages, "^.*[^/]$", "✓") == "✓"
    error_message = "The variable packages must be the path of a folder, without a slash at its end."
  }
}

variable "agent_version" {
  description = "Version of those packages, as in package.json of the release: 1.2.0 or 1.2.0-rc.1."
  type        = string
  default     = "0.1.0"

  validation {
    condition     = regex_replace(var.agent_version, "^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", "✓") == "✓"
    error_message = "The variable agent_version must be a version like 1.2.0 or 1.2.0-rc.1."
  }
}

variable "bake_options" {
  description = "Further options of `agent bake`, which its --help lists."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for word in var.bake_options : word if regex_replace(word, "^--?[A-Za-z0-9][A-Za-z0-9=,./:_-]*$", "✓") != "✓"]) == 0
    error_message = "The variable bake_options must hold options, each one word that begins with a dash."
  }
}

variable "upgrade" {
  description = "Install the distribution's pending updates first, those of the kernel and of OpenSSL among them."
  type        = bool
  default     = true
}

variable "commit" {
  description = "Revision that the roles were taken from, for the image's tags: git rev-parse HEAD; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.commit, "^([0-9a-f]{7,64})?$", "✓") == "✓"
    error_message = "The variable commit must be empty or a commit of git in hexadecimal digits."
  }
}

# ── The image ────────────────────────────────────────────────────────────────────────────────────────────────────────

variable "name_prefix" {
  description = "The image is called <prefix>-<distribution>-<architecture>-<version>-<time>."
  type        = string
  default     = "bootstrap-agent"

  validation {
    # 128 characters are allowed for an AMI's name; the rest takes up to 68 of them.
    condition     = regex_replace(var.name_prefix, "^[A-Za-z0-9()./_-]{3,60}$", "✓") == "✓"
    error_message = "The variable name_prefix must have 3 to 60 letters, digits or ( ) . / _ -, as in the name of an AMI."
  }
}

variable "tags" {
  description = "Tags of the image, its snapshots, and all that lives while it is built."
  type        = map(string)
  default     = {}

  validation {
    # With tags in the metadata, EC2 launches no instance with another key (EC2 user guide, "View tags for your EC2 instances using instance metadata").
    condition     = length([for key, value in var.tags : key if regex_replace(key, "^[A-Za-z0-9+=.,_:@-]{1,128}$", "✓") != "✓" || regex_replace(key, "^aws:.*$", "✓") == "✓" || contains([".", "..", "_index"], key)]) == 0
    error_message = "Keys of the variable tags must have letters, digits and + - = . , _ : @ only, and not begin with aws:."
  }
}

variable "ami_regions" {
  description = "Further Regions that the image is copied to."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for name in var.ami_regions : name if regex_replace(name, "^[a-z]{2}(-[a-z]+)+-[0-9]$", "✓") != "✓"]) == 0
    error_message = "The variable ami_regions must hold Regions like eu-west-1."
  }
}

variable "ami_users" {
  description = "Accounts that may launch the image. Needs kms_key_id: the account's default key cannot be shared."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for id in var.ami_users : id if regex_replace(id, "^[0-9]{12}$", "✓") != "✓"]) == 0
    error_message = "The variable ami_users must hold account ids of 12 digits."
  }
}

variable "ami_org_arns" {
  description = "Organizations that may launch the image, by ARN. Needs kms_key_id as well."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for arn in var.ami_org_arns : arn if regex_replace(arn, "^arn:aws[a-z-]*:organizations::[0-9]{12}:organization/o-[a-z0-9]{10,32}$", "✓") != "✓"]) == 0
    error_message = "The variable ami_org_arns must hold ARNs like arn:aws:organizations::123456789012:organization/o-abcdefghij."
  }
}

variable "kms_key_id" {
  description = "KMS key of the image: id, alias/name or ARN; empty for the account's default key for EBS."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.kms_key_id, "^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+|alias/.+|(mrk-)?[0-9a-f-]{32,36})?$", "✓") == "✓"
    error_message = "The variable kms_key_id must be the id of a KMS key, alias/<name>, or the ARN of either."
  }
}

variable "region_kms_key_ids" {
  description = "KMS key of the copy in each of ami_regions, by Region; an empty text for the default key there."
  type        = map(string)
  default     = {}

  validation {
    condition     = length([for name, key in var.region_kms_key_ids : name if regex_replace(name, "^[a-z]{2}(-[a-z]+)+-[0-9]$", "✓") != "✓"]) == 0
    error_message = "The variable region_kms_key_ids must have Regions like eu-west-1 as its keys."
  }
}

variable "deprecate_after_days" {
  description = "The image is marked deprecated so many days after it was made; instances still launch from it. 0 for never."
  type        = number
  default     = 180

  validation {
    # Ten years are the longest that EC2 takes (API reference, EnableImageDeprecation).
    condition     = var.deprecate_after_days >= 0 && var.deprecate_after_days <= 3650 && floor(var.deprecate_after_days) == var.deprecate_after_days
    error_message = "The variable deprecate_after_days must be a whole number from 0 to 3650."
  }
}

variable "volume_size" {
  description = "Size of the root volume, GiB. Not below that of the source image."
  type        = number
  default     = 10

  validation {
    condition     = var.volume_size >= 8 && var.volume_size <= 16384 && floor(var.volume_size) == var.volume_size
    error_message = "The variable volume_size must be a whole number of GiB from 8 to 16384."
  }
}

variable "volume_iops" {
  description = "IOPS of the root volume (gp3), while the image is built and of instances that say nothing else. 3000 cost nothing extra."
  type        = number
  default     = 3000

  validation {
    # The builder's own bounds (packer-plugin-amazon 1.8, common/block_device.go); EC2 gives gp3 more by now.
    condition     = var.volume_iops >= 3000 && var.volume_iops <= 16000
    error_message = "The variable volume_iops must be from 3000 to 16000, which is what the builder takes."
  }
}

variable "volume_throughput" {
  description = "Throughput of the root volume (gp3), MiB/s, likewise. 125 cost nothing extra."
  type        = number
  default     = 125

  validation {
    condition     = var.volume_throughput >= 125 && var.volume_throughput <= 1000
    error_message = "The variable volume_throughput must be from 125 to 1000 MiB/s, which is what the builder takes."
  }
}

variable "manifest" {
  description = "File that the ids of finished images are added to."
  type        = string
  default     = "packer-manifest.json"

  validation {
    condition     = regex_replace(var.manifest, "^.+\\.json$", "✓") == "✓"
    error_message = "The variable manifest must be the path of a .json file."
  }
}

# ── Where it is built ────────────────────────────────────────────────────────────────────────────────────────────────

variable "region" {
  description = "Region to build in; empty for that of the environment or the profile."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.region, "^([a-z]{2}(-[a-z]+)+-[0-9])?$", "✓") == "✓"
    error_message = "The variable region must be a Region like eu-west-1."
  }
}

variable "source_ami_name" {
  description = "Name of the image to start from, * allowed, instead of the publisher's newest: an image of your own, or one version. Empty for the newest."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.source_ami_name, "^([A-Za-z0-9()./_*?@ '-]{3,128})?$", "✓") == "✓"
    error_message = "The variable source_ami_name must be a name of an AMI, in which * and ? stand for others."
  }
}

variable "source_ami_owners" {
  description = "Who must own that image: account ids, self, or amazon. Empty for the publisher; that one has other accounts in China and GovCloud."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for id in var.source_ami_owners : id if regex_replace(id, "^([0-9]{12}|self|amazon)$", "✓") != "✓"]) == 0
    error_message = "The variable source_ami_owners must hold account ids of 12 digits, self or amazon."
  }
}

variable "instance_type_x86_64" {
  description = "Instance type for images of x86-64."
  type        = string
  default     = "t3.medium"

  validation {
    condition     = regex_replace(var.instance_type_x86_64, "^[a-z0-9-]+\\.[a-z0-9-]+$", "✓") == "✓"
    error_message = "The variable instance_type_x86_64 must be an instance type like t3.medium."
  }
}

variable "instance_type_arm64" {
  description = "Instance type for images of arm64."
  type        = string
  default     = "t4g.medium"

  validation {
    condition     = regex_replace(var.instance_type_arm64, "^[a-z0-9-]+\\.[a-z0-9-]+$", "✓") == "✓"
    error_message = "The variable instance_type_arm64 must be an instance type like t4g.medium."
  }
}

variable "iam_instance_profile" {
  description = "Instance profile of the building instance: artifacts are read from S3 with it. Empty for none; nodes then fetch them at their first boot."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.iam_instance_profile, "^([A-Za-z0-9+=,.@_-]{1,128})?$", "✓") == "✓"
    error_message = "The variable iam_instance_profile must be the name of an instance profile, not its ARN."
  }
}

variable "vpc_id" {
  description = "VPC to build in; empty for the default one, or the subnet's."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.vpc_id, "^(vpc-[0-9a-f]{8,17})?$", "✓") == "✓"
    error_message = "The variable vpc_id must be an id like vpc-0123456789abcdef0."
  }
}

variable "subnet_id" {
  description = "Subnet to build in; it needs a way to the distribution's package servers. Empty for one of the default VPC."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.subnet_id, "^(subnet-[0-9a-f]{8,17})?$", "✓") == "✓"
    error_message = "The variable subnet_id must be an id like subnet-0123456789abcdef0."
  }
}

variable "associate_public_ip_address" {
  description = "Give the building instance a public address; null leaves it to the subnet."
  type        = bool
  default     = null
}

variable "ssh_interface" {
  description = "How Packer reaches the building instance: public_ip, private_ip, public_dns, private_dns, ipv6, session_manager (needs iam_instance_profile and the SSM agent, which Debian's images lack); empty for the public address if there is one, else the private."
  type        = string
  default     = ""

  validation {
    condition     = contains(["", "public_ip", "private_ip", "public_dns", "private_dns", "ipv6", "session_manager"], var.ssh_interface)
    error_message = "The variable ssh_interface must be public_ip, private_ip, public_dns, private_dns, ipv6 or session_manager."
  }
}

variable "ssh_source_cidrs" {
  description = "Networks from which the building instance accepts SSH; empty for the one public address that packer is started from."
  type        = list(string)
  default     = []

  validation {
    condition     = length([for cidr in var.ssh_source_cidrs : cidr if regex_replace(cidr, "^[0-9a-fA-F.:]+/[0-9]{1,3}$", "✓") != "✓"]) == 0
    error_message = "The variable ssh_source_cidrs must hold networks like 10.0.0.0/16."
  }
}

variable "poll_seconds" {
  description = "Seconds between two looks at an instance that starts or an image that is made."
  type        = number
  default     = 10

  validation {
    condition     = var.poll_seconds >= 1 && var.poll_seconds <= 60 && floor(var.poll_seconds) == var.poll_seconds
    error_message = "The variable poll_seconds must be a whole number from 1 to 60."
  }
}

# ── An EC2 that is not at its public address ─────────────────────────────────────────────────────────────────────────

variable "custom_endpoint_ec2" {
  description = "Address of EC2 where it is not the usual one: of a VPC endpoint, or of a simulator. Empty for the usual one."
  type        = string
  default     = ""

  validation {
    condition     = regex_replace(var.custom_endpoint_ec2, "^(https?://.+)?$", "✓") == "✓"
    error_message = "The variable custom_endpoint_ec2 must begin with http:// or https://."
  }
}

variable "skip_region_validation" {
  description = "Take the Region as it is written, without asking EC2 which there are."
  type        = bool
  default     = false
}

variable "skip_metadata_api_check" {
  description = "Do not look for credentials at the metadata service of the machine that runs packer."
  type        = bool
  default     = false
}
