# What `packer init packer/` fetches. In a file of its own, so that a Packer that has the builder compiled in can do without it.

packer {
  required_version = ">= 1.10.0"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "~> 1.6"
    }
  }
}
